import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';

const account = z.strictObject({ user: z.string().min(1).max(32), password: z.string().max(256) });
const credentials = z.strictObject({ app: account, repl: account });

/** The MySQL accounts of a cluster: `app` runs the queries that come through a gate, `repl` replicates and archives. The same on every tablet. */
export type Credentials = z.infer<typeof credentials>;

/** Reads `--db-credentials-file`. Throws VTR0917 when it is missing, malformed, or readable by others than its owner. */
export function readCredentials(file: string): Credentials {
  const refuse = (message: string, cause?: unknown) =>
    new VtrewindError({ code: 'VTR0917', message: `${file}: ${message}`, hint: 'it holds {"app": {"user", "password"}, "repl": {"user", "password"}} and has mode 0600', cause });
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw refuse('may be read by others');
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof VtrewindError) throw cause;
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  try {
    return credentials.parse(JSON.parse(text));
  } catch (cause) {
    // The parser's message would quote the file's text: a password.
    throw refuse('is malformed', cause instanceof z.ZodError ? cause : undefined);
  }
}

/** Writes a new file with random passwords where there is none. Answers its path. */
export async function ensureCredentials(file: string): Promise<string> {
  if (existsSync(file)) return file;
  await mkdir(dirname(file), { recursive: true });
  const secret = () => randomBytes(18).toString('base64url');
  const made: Credentials = { app: { user: 'vt_app', password: secret() }, repl: { user: 'vt_repl', password: secret() } };
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(made, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return file;
}
