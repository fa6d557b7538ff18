const ignored = new Set(['start', 'end', 'comments', 'positional']);

/** Whether two trees (or parts) are equal, leaving aside offsets, comments, and whether a bind was written as `?`; an absent property equals an undefined one. */
export function sameTree(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameTree(item, b[i]));
  }
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) if (!ignored.has(key) && !sameTree(left[key], right[key])) return false;
  for (const key in right) if (!ignored.has(key) && left[key] === undefined && right[key] !== undefined) return false;
  return true;
}
