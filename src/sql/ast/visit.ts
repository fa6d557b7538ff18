import { children, leftOf } from './children.ts';
import type { Node } from './node.ts';
import type { SyntaxNode } from './syntaxNode.ts';

export interface Visitor {
  /** Before the node's children; `false` leaves them (and `leave`) out. */
  readonly enter?: (node: SyntaxNode, parent: SyntaxNode | undefined) => unknown;
  /** After the node's children. */
  readonly leave?: (node: SyntaxNode, parent: SyntaxNode | undefined) => void;
}

/** Walks the tree depth first, in source order. */
export function visit(node: Node, visitor: Visitor): void {
  walk(node, undefined, visitor);
}

function walk(top: Node, above: Node | undefined, visitor: Visitor): void {
  const spine: Node[] = [];
  let node: Node | undefined = top;
  for (let parent = above; node !== undefined; parent = node, node = leftOf(node)) {
    if (visitor.enter?.(node as SyntaxNode, parent as SyntaxNode | undefined) === false) break;
    spine.push(node);
  }
  for (let open = spine.pop(); open !== undefined; open = spine.pop()) {
    const left = leftOf(open);
    for (const child of children(open)) if (child !== left) walk(child, open, visitor);
    visitor.leave?.(open as SyntaxNode, (spine[spine.length - 1] ?? above) as SyntaxNode | undefined);
  }
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
  const pending: Node[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (condition(next as SyntaxNode)) return true;
    if (into(next as SyntaxNode)) pending.push(...children(next).reverse());
  }
  return false;
}
