const ignored = new Set(['start', 'end', 'comments', 'positional']);

/** Whether two trees (or parts) are equal, leaving aside offsets, comments, and whether a bind was written as `?`; an absent property equals an undefined one. */
export function sameTree(a: unknown, b: unknown): boolean {
  const pending: unknown[] = [a, b];
  while (pending.length > 0) {
    const right = pending.pop();
    const left = pending.pop();
    if (left === right) continue;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
    if (Array.isArray(left) || Array.isArray(right) || left instanceof Uint8Array || right instanceof Uint8Array) {
      if (!sameItems(left, right, pending)) return false;
    } else if (!sameProperties(left as Record<string, unknown>, right as Record<string, unknown>, pending)) {
      return false;
    }
  }
  return true;
}

function sameItems(left: object, right: object, pending: unknown[]): boolean {
  if (left.constructor !== right.constructor && !(left instanceof Uint8Array && right instanceof Uint8Array)) return false;
  const a = left as ArrayLike<unknown>;
  const b = right as ArrayLike<unknown>;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) pending.push(a[i], b[i]);
  return true;
}

function sameProperties(left: Record<string, unknown>, right: Record<string, unknown>, pending: unknown[]): boolean {
  for (const key in left) if (!ignored.has(key) && left[key] !== right[key]) pending.push(left[key], right[key]);
  for (const key in right) if (!ignored.has(key) && left[key] === undefined && right[key] !== undefined) return false;
  return true;
}
