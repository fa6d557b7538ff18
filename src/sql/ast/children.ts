import type { Node } from './node.ts';

/** Whether a property's value is a node: every node has a `kind`, and nothing else in the tree does. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { kind?: unknown }).kind === 'string';
}

/** The nodes right below this one, in the order of the properties, which is the order of the text except for a few moved clauses. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  for (const key in node) collect((node as unknown as Record<string, unknown>)[key], found);
  return found;
}

function collect(value: unknown, into: Node[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, into);
  } else if (isNode(value)) {
    into.push(value);
  }
}

/**
 * The left operand of an operator, join or set operation; undefined for other nodes. Chains of them (`a or b or …`) make trees deep on their
 * left side only, thousands of levels, which is why the walks go down that side in a loop instead of recursing.
 */
export function leftOf(node: Node): Node | undefined {
  const { left, operand } = node as { left?: unknown; operand?: unknown };
  if (isNode(left)) return left;
  return isNode(operand) ? operand : undefined;
}
