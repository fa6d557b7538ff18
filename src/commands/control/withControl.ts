import type { Command } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import type { ControlClient } from '../../control/index.ts';

/** Runs one administrative command against the control server that `--server` names. */
export async function withControl<T>(command: Command, run: (control: ControlClient) => Promise<T>): Promise<T> {
  const { connectControl } = await import('../../control/index.ts');
  const control = connectControl(command.optsWithGlobals<{ server: string }>().server);
  try {
    return await run(control);
  } finally {
    control.close();
  }
}

/** Prints a message as vtctldclient does. */
export async function print(message: unknown, before = ''): Promise<void> {
  const { printMessage } = await import('../../control/index.ts');
  process.stdout.write(`${before}${printMessage(message)}\n`);
}

/** `keyspace/shard`. Throws VTR0921 when it is not. */
export function parseKeyspaceShard(text: string): { readonly keyspace: string; readonly shard: string } {
  const [keyspace, shard, ...rest] = text.split('/');
  if (!keyspace || !shard || rest.length > 0) throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: `'${text}' is no keyspace/shard`, hint: 'for example commerce/0 or flights/-80' });
  return { keyspace, shard };
}

export const listOf = (text: string, before: readonly string[] = []): string[] => [...before, ...text.split(',').map((part) => part.trim()).filter((part) => part !== '')];

/** Exactly one of a text and a file. Throws VTR0921. */
export async function textOrFile(text: string | undefined, file: string | undefined, flag: string): Promise<string> {
  if ((text === undefined) === (file === undefined)) throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: `give exactly one of --${flag} and --${flag}-file` });
  if (text !== undefined) return text;
  const { readFile } = await import('node:fs/promises');
  return readFile(file ?? '', 'utf8');
}
