import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';
import { writeWhole } from './writeWhole.ts';

const schema = z.object({
  alias: z.string(),
  keyspace: z.string(),
  shard: z.string(),
  mysqlPort: z.number().int(),
  /** 0 until the first start has chosen. */
  grpcPort: z.number().int(),
  httpPort: z.number().int(),
  serverId: z.number().int(),
  /** The backup it began from; `settled` once the server has taken over its position. */
  seed: z.object({ position: z.string(), settled: z.boolean(), requiredOptions: z.array(z.string()) }).optional(),
});

/** What a tablet keeps over restarts: whose folder this is and where it listens. */
export type TabletState = Readonly<z.infer<typeof schema>>;

const fileName = 'tablet.json';

/** Throws VTR0603 when the folder belongs to another tablet. */
export async function loadTabletState(folder: string, expect: { readonly alias: string; readonly keyspace: string; readonly shard: string }): Promise<TabletState | undefined> {
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const state = schema.parse(JSON.parse(text));
  for (const field of ['alias', 'keyspace', 'shard'] as const) {
    if (state[field] !== expect[field]) {
      throw new VtrewindError({ code: 'VTR0603', grpc: 'FAILED_PRECONDITION', message: `${folder} belongs to the tablet of ${field} ${state[field]}, not ${expect[field]}`, hint: 'give another folder' });
    }
  }
  return state;
}

export async function saveTabletState(folder: string, state: TabletState): Promise<void> {
  await writeWhole(join(folder, fileName), `${JSON.stringify(state, null, 1)}\n`);
}
