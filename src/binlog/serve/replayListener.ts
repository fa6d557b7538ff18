import { randomBytes, randomUUID } from 'node:crypto';
import { type Log, silentLog } from '../../base/log.ts';
import { Credential, staticUsers } from '../../mysql/auth/users.ts';
import { MysqlServer } from '../../mysql/mysqlServer.ts';
import type { Cut } from '../archive/findCut.ts';
import { ReplicaHandler, type ReplicaProgress } from './replicaHandler.ts';
import { replicaLimits } from './replicaLimits.ts';
import type { ReplaySource } from './replaySource.ts';

export interface ReplayListenerOptions {
  readonly source: ReplaySource;
  /** Nothing past it is ever sent. */
  readonly until: Cut;
  /** Ends the listener and all dumps. */
  readonly signal?: AbortSignal;
  readonly log?: Log;
  readonly onProgress?: (progress: ReplicaProgress) => void;
}

/** A replication source on the loopback address for one restored server. */
export interface ReplayListener {
  readonly host: string;
  readonly port: number;
  /** Made for this listener; no one else knows the password. */
  readonly user: string;
  readonly password: string;
  /** As the replica sees it. */
  readonly serverId: number;
  readonly serverUuid: string;
  close(): Promise<void>;
}

/**
 * Serves a source up to a cut on 127.0.0.1 and a free port, to whoever knows the random password: what a restored server replays from. At the cut it idles with heartbeats.
 * Throws what describing the source throws.
 */
export async function openReplayListener(options: ReplayListenerOptions): Promise<ReplayListener> {
  const { source, until, log = silentLog } = options;
  const { serverVersion } = await source.describe();
  const user = 'vtrewind_replay';
  const password = randomBytes(24).toString('base64url');
  // between 2^30 and 2^31: replicas that we restore have ids from 2^31 on
  const serverId = 0x4000_0000 + (randomBytes(4).readUInt32LE(0) % 0x4000_0000);
  const serverUuid = randomUUID();
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const handler = new ReplicaHandler({ source, until, serverId, serverUuid, log, signal, ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }) });
  const server = await MysqlServer.listen(
    { host: '127.0.0.1', port: 0, serverVersion, log, limits: replicaLimits, users: staticUsers([{ user, userData: user, groups: [], sourceHost: '', credential: Credential.ofPassword(password) }]) }, handler,
  );
  let closed: Promise<void> | undefined;
  const close = () => {
    stop.abort(new Error('the replay listener closes'));
    closed ??= server.close({ drainMs: 0 });
    return closed;
  };
  // close() never rejects apart from a listener that is gone already
  options.signal?.addEventListener('abort', () => { close().catch((error: unknown) => log.warn({ event: 'replay_listener_close', error: String(error) }, 'closing the replay listener')); }, { once: true });
  return { host: '127.0.0.1', port: server.port, user, password, serverId, serverUuid, close };
}
