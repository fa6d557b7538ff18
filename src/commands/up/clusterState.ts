import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VtrewindError } from '../../base/errors.ts';
import { freePort, isPortFree } from '../../base/freePort.ts';

const keyspaceState = z.strictObject({
  name: z.string(),
  shards: z.array(z.strictObject({ name: z.string(), tabletUids: z.array(z.number().int().min(1)).min(1) })).min(1),
  /** Set once its vschema and schema are applied: until then the first start goes on with it. */
  initialised: z.boolean(),
});
const clusterState = z.strictObject({ nextUid: z.number().int(), keyspaces: z.array(keyspaceState) });

export type KeyspaceState = z.infer<typeof keyspaceState>;
export type ClusterState = z.infer<typeof clusterState>;

const firstUid = 100;

/** What `up` remembers between runs: which tablets it made. The rest is in the topology and in the data directories. */
export function readClusterState(folder: string): ClusterState {
  const file = stateFile(folder);
  if (!existsSync(file)) return { nextUid: firstUid, keyspaces: [] };
  const parsed = clusterState.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) {
    throw new VtrewindError({ code: 'VTR0914', message: `${file} is damaged: ${parsed.error.issues[0]?.message ?? 'unreadable'}`, hint: 'restore it from a copy, or move the data folder away to start anew' });
  }
  return parsed.data;
}

/** Whole or not at all: a temporary file, synced, then renamed. */
export async function writeClusterState(folder: string, state: ClusterState): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = `${stateFile(folder)}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, stateFile(folder));
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** An address of the config with its port settled: 0 becomes a free one. Throws VTR0916 when the port is taken by somebody else. */
export async function settleAddress(address: string, what: string): Promise<string> {
  const split = address.lastIndexOf(':');
  const host = address.slice(0, split);
  const wanted = Number(address.slice(split + 1));
  if (wanted === 0) return `${host}:${await freePort()}`;
  if (!(await isPortFree(wanted, host.replace(/^\[|\]$/g, '')))) {
    throw new VtrewindError({ code: 'VTR0916', grpc: 'ALREADY_EXISTS', message: `${address}, for ${what}, is taken by another program`, hint: 'stop that program, or choose another port in the cluster config (0 takes any free one)' });
  }
  return address;
}

function stateFile(folder: string): string {
  return join(folder, 'up.json');
}
