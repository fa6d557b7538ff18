import { children } from './children.ts';
import type { Node } from './node.ts';
import type { SyntaxNode } from './syntaxNode.ts';

export interface Visitor {
  /** Before the node's children; `false` leaves them (and `leave`) out. */
  readonly enter?: (node: SyntaxNode, parent: SyntaxNode | undefined) => unknown;
  /** After the node's children. */
  readonly leave?: (node: SyntaxNode, parent: SyntaxNode | undefined) => void;
}

/** Walks the tree depth first, in source order. The parser bounds the depth of what it makes, so recursion is safe. */
export function visit(node: Node, visitor: Visitor): void {
  walk(node, undefined, visitor);
}

function walk(node: Node, parent: Node | undefined, visitor: Visitor): void {
  if (visitor.enter?.(node as SyntaxNode, parent as SyntaxNode | undefined) === false) return;
  for (const child of children(node)) walk(child, node, visitor);
  visitor.leave?.(node as SyntaxNode, parent as SyntaxNode | undefined);
}

/** All nodes of one kind, in source order, `node` itself included. */
export function findAll<K extends SyntaxNode['kind']>(node: Node, kind: K): Extract<SyntaxNode, { kind: K }>[] {
  const found: Extract<SyntaxNode, { kind: K }>[] = [];
  visit(node, {
    enter: (n) => {
      if (n.kind === kind) found.push(n as Extract<SyntaxNode, { kind: K }>);
    },
  });
  return found;
}

/** Whether any node of the tree satisfies the condition; stops at the first. Nodes for which `into` answers false are not entered. */
export function some(node: Node, condition: (node: SyntaxNode) => boolean, into: (node: SyntaxNode) => boolean = () => true): boolean {
  if (condition(node as SyntaxNode)) return true;
  if (!into(node as SyntaxNode)) return false;
  return children(node).some((child) => some(child, condition, into));
}
