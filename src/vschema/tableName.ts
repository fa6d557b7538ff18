/**
 * `table` or `keyspace.table`, each part with or without backquotes. Undefined for anything else: dots in names are not supported by
 * vschemas (as in Vitess).
 */
export function parseTableName(text: string): { readonly keyspace: string | undefined; readonly table: string } | undefined {
  const parts = text.split('.').map(unquote);
  if (parts.some((part) => part === '')) return undefined;
  const [first, second] = parts;
  if (parts.length === 1 && first !== undefined) return { keyspace: undefined, table: first };
  if (parts.length === 2 && first !== undefined && second !== undefined) return { keyspace: first, table: second };
  return undefined;
}

function unquote(part: string): string {
  return part.length >= 2 && part.startsWith('`') && part.endsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part;
}
