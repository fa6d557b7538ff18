// After tsc: what the compiled program reads besides JavaScript (tables, pages) goes beside it, and the command line gets its first line.
import { chmodSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const kinds = ['.bin', '.html', '.css', '.svg'];
for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !kinds.some((kind) => entry.name.endsWith(kind))) continue;
  const from = join(entry.parentPath, entry.name);
  const to = join('dist', from.slice('src/'.length));
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
chmodSync('dist/cli.js', 0o755);
