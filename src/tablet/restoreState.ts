import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';
import { restorePlan } from '../recovery/restorePlan.ts';
import { writeWhole } from './writeWhole.ts';

/** A phase that a restart resumes at. */
const resumable = z.enum(['planned', 'fetching', 'starting', 'replaying', 'verifying', 'serving']);
export type RestorePhase = z.infer<typeof resumable>;

const plan = restorePlan;
const micros = z.number().int();
/** Which of the plan's backups is used: 0 is the newest. */
const backup = z.number().int().nonnegative();

const restoreState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('planned'), plan, backup }),
  z.object({ phase: z.literal('fetching'), plan, backup }),
  z.object({ phase: z.literal('starting'), plan, backup, serverId: z.number().int() }),
  z.object({ phase: z.literal('replaying'), plan, backup, serverId: z.number().int() }),
  z.object({ phase: z.literal('verifying'), plan, backup, serverId: z.number().int() }),
  z.object({ phase: z.literal('serving'), plan, backup, serverId: z.number().int(), reached: z.string(), reachedAt: micros.optional() }),
  z.object({ phase: z.literal('failed'), plan: plan.optional(), resumeAt: resumable, error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }) }),
]);

/**
 * A restore moves only forward, and to `serving` only once the cut is reached and proven:
 *
 *   planned → fetching → starting → replaying → verifying → serving
 *        ╲________╲__________╲__________╲___________╲→ failed (kept, with what to do next; a restart tries again)
 *
 * Each state is written whole before what it names begins, so that a restart resumes at the same place: `fetching` starts over (its files are only in place when all are),
 * `starting` and later go on with the files that are there. Damage found while fetching goes back to `planned` with the next older backup.
 */
export type RestoreState = Readonly<z.infer<typeof restoreState>>;

const fileName = 'restore.json';

/** Undefined when nothing was begun. Throws VTR0612 for a file that can't be understood: better no tablet than one that guesses. */
export async function loadRestoreState(folder: string): Promise<RestoreState | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, fileName), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return restoreState.parse(JSON.parse(text));
  } catch (error) {
    throw new VtrewindError({ code: 'VTR0612', grpc: 'DATA_LOSS', message: `${join(folder, fileName)} can't be read`, cause: error, hint: 'remove the tablet\'s folder; the restore then begins anew' });
  }
}

export async function saveRestoreState(folder: string, state: RestoreState): Promise<void> {
  await writeWhole(join(folder, fileName), `${JSON.stringify(restoreState.parse(state), null, 1)}\n`);
}
