import { readFileSync } from 'node:fs';

/** The package's version, the same from sources and from dist. */
export function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return text;
}
