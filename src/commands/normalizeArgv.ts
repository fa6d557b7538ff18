/**
 * Vitess's documents print flags with underscores and with one dash (`-init_keyspace ks`); ours are `--init-keyspace ks`. Both are taken.
 * A word with one dash becomes a long flag only when it is one of `longNames`, so that shard names (`-80`, `-c0`) stay what they are.
 */
export function normalizeArgv(argv: readonly string[], longNames: ReadonlySet<string>): string[] {
  const out: string[] = [];
  let verbatim = false;
  for (const word of argv) {
    if (verbatim || !word.startsWith('-') || word === '-') {
      out.push(word);
      continue;
    }
    if (word === '--') {
      verbatim = true;
      out.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const head = equals < 0 ? word : word.slice(0, equals);
    const tail = equals < 0 ? '' : word.slice(equals);
    const name = head.replace(/^--?/, '').replaceAll('_', '-');
    const isLong = head.startsWith('--') || (name.length > 1 && longNames.has(name));
    out.push(isLong ? `--${name}${tail}` : word);
  }
  return out;
}
