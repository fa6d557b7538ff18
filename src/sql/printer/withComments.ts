import type { Commented, Node } from '../ast/node.ts';
import type { Printer } from './printer.ts';

/** A rule for a statement: prints the comments around it; `verb` goes out first, with the comments that stood behind it. */
export function withComments<N extends Node & Commented>(verb: string | ((node: N) => string), rule: (p: Printer, node: N) => void): (p: Printer, node: N) => void {
  return (p, node) => {
    p.comments(node.comments, 'leading');
    p.text(typeof verb === 'string' ? verb : verb(node));
    p.comments(node.comments, 'verb');
    rule(p, node);
    p.comments(node.comments, 'trailing');
  };
}
