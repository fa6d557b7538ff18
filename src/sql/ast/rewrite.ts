import { isNode, leftOf } from './children.ts';
import type { Node } from './node.ts';
import type { SyntaxNode } from './syntaxNode.ts';

/**
 * Rewrites bottom-up: `replace` sees each node after its children were rewritten and answers what stands in its place (itself: unchanged).
 * Nodes and arrays in which nothing changed are the very same objects in the result.
 * `parent` is the node as it was before the rewrite. The caller keeps the tree well-formed (an expression for an expression).
 */
export function rewrite<T extends Node>(node: T, replace: (node: SyntaxNode, parent: SyntaxNode | undefined) => Node): T {
  return bottomUp(node, undefined, replace as Replace) as T;
}

/**
 * Rewrites top-down: `replace` sees a node before its children; a node as answer takes its place and is not gone into; undefined means go in.
 * Shares structure as {@link rewrite} does.
 */
export function rewriteTopDown<T extends Node>(node: T, replace: (node: SyntaxNode, parent: SyntaxNode | undefined) => Node | undefined): T {
  return topDown(node, undefined, replace as (node: Node, parent: Node | undefined) => Node | undefined) as T;
}

type Replace = (node: Node, parent: Node | undefined) => Node;

function bottomUp(top: Node, above: Node | undefined, replace: Replace): Node {
  const spine: Node[] = [];
  let node = top;
  for (let left = leftOf(node); left !== undefined; left = leftOf(node)) {
    spine.push(node);
    node = left;
  }
  let result = replace(mapChildren(node, (child) => bottomUp(child, node, replace)), spine[spine.length - 1] ?? above);
  for (let open = spine.pop(); open !== undefined; open = spine.pop()) {
    const parent = open;
    result = replace(withLeft(parent, result, (child) => bottomUp(child, parent, replace)), spine[spine.length - 1] ?? above);
  }
  return result;
}

function topDown(top: Node, above: Node | undefined, replace: (node: Node, parent: Node | undefined) => Node | undefined): Node {
  const spine: Node[] = [];
  let node = top;
  let result = replace(node, above);
  while (result === undefined) {
    const left = leftOf(node);
    if (left === undefined) {
      const leaf = node;
      result = mapChildren(leaf, (child) => topDown(child, leaf, replace));
    } else {
      spine.push(node);
      result = replace(left, node);
      node = left;
    }
  }
  for (let open = spine.pop(); open !== undefined; open = spine.pop()) {
    const parent = open;
    result = withLeft(parent, result, (child) => topDown(child, parent, replace));
  }
  return result;
}

/** The node with its left operand replaced by what that has become, and its other children mapped. */
function withLeft(node: Node, newLeft: Node, map: (child: Node) => Node): Node {
  const left = leftOf(node);
  return mapChildren(node, (child) => (child === left ? newLeft : map(child)));
}

/** The node with each child node mapped; the same object when every child stayed itself. */
export function mapChildren<T extends Node>(node: T, map: (child: Node) => Node): T {
  let copy: Record<string, unknown> | undefined;
  const properties = node as unknown as Record<string, unknown>;
  for (const key in properties) {
    const value = properties[key];
    if (typeof value !== 'object' || value === null) continue;
    const mapped = mapValue(value, map);
    if (mapped !== value) {
      copy ??= { ...properties };
      copy[key] = mapped;
    }
  }
  return (copy ?? node) as T;
}

function mapValue(value: unknown, map: (child: Node) => Node): unknown {
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const mapped = mapValue(value[i], map);
      if (mapped !== value[i]) {
        copy ??= value.slice();
        copy[i] = mapped;
      }
    }
    return copy ?? value;
  }
  return isNode(value) ? map(value) : value;
}
