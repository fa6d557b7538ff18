import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { nowMicros } from '../base/time.ts';
import type { CutAt } from '../binlog/archive/findCut.ts';
import { type GtidState, parseGtidState } from '../binlog/gtidState.ts';
import { openRemoteArchive } from '../binlog/serve/remoteArchive.ts';
import { openReplayListener } from '../binlog/serve/replayListener.ts';
import type { MysqlConnectOptions } from '../mysql/connectOptions.ts';
import type { ArchiveAccess, Cut, Nearest } from './archiveAccess.ts';
import { cutAtOf } from './keyspaceMoment.ts';
import { stepOver } from './stepOver.ts';

/** A binlog server: an archiver's listener, or any MySQL or MariaDB that still has the binlogs. TLS files are paths; TLS is used where one is given. */
export interface BinlogServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly ssl?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined; readonly serverName?: string | undefined } | undefined;
}

/** The history of a shard as a binlog server has it. Connects when asked something. */
export async function openBinlogServer(server: BinlogServer, log: Log): Promise<ArchiveAccess> {
  const remote = openRemoteArchive({
    connect: { host: server.host, port: server.port, user: server.user, password: server.password, tls: await tlsOf(server) },
    // Between 2^30 and 2^31, where neither tablets nor restored servers are.
    identity: { serverId: 0x4000_0000 + (randomBytes(4).readUInt32LE(0) % 0x4000_0000), uuid: randomUUID() },
  });
  const find = async (at: CutAt, from: GtidState, nearest: Nearest | undefined, signal: AbortSignal | undefined) =>
    remote.findCut(at, { from, ...(nearest === undefined ? {} : { nearest }), ...(signal === undefined ? {} : { signal }) });
  const lacking = async (flavour: Cut['flavour'], gtid: string) => (await remote.source.describe()).startState.subtract(parseGtidState(flavour, gtid));
  return {
    description: `binlog server ${server.host}:${server.port}`,
    async spans() {
      const { state, startState } = await remote.source.describe();
      return [{ fromGtid: startState.toString(), fromTime: 0, untilGtid: state.toString(), untilTime: nowMicros(), begins: 'older binlogs are purged' }];
    },
    async findCut(moment, options) {
      const { flavour } = await remote.source.describe();
      const at = cutAtOf(moment);
      const limit = AbortSignal.timeout(options.timeoutMs);
      const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
      try {
        const cut = await find(at, parseGtidState(flavour, options.from ?? ''), options.nearest, signal);
        return { flavour, gtid: cut.state.toString(), reachedAt: cut.lastIncluded?.latest, lastIncluded: cut.lastIncluded, firstExcluded: cut.firstExcluded, warnings: cut.warnings };
      } catch (error) {
        if (!limit.aborted || options.signal?.aborted === true) throw error;
        throw new VtrewindError({
          code: 'VTR0708', grpc: 'OUT_OF_RANGE', message: `the last GTID before the moment was not found within ${options.timeoutMs} ms on ${server.host}:${server.port}`, cause: error,
          hint: 'raise --pitr-gtid-lookup-timeout, make a backup closer to the moment, or use an archive, which has an index',
        });
      }
    },
    async whyNotReplayable(gtid, cut) {
      const lacks = await lacking(cut.flavour, gtid);
      return lacks.isEmpty ? undefined : `${server.host}:${server.port} has purged ${lacks.toString()}`;
    },
    extent: async () => undefined,
    async serveUntil(cut, fromGtid, { exclude = [], signal } = {}) {
      const until = await find({ type: 'state', state: cut.gtid }, parseGtidState(cut.flavour, fromGtid), undefined, signal);
      return openReplayListener({ source: stepOver(remote.source, exclude), until, log, ...(signal === undefined ? {} : { signal }) });
    },
    close: async () => undefined,
  };
}

async function tlsOf(server: BinlogServer): Promise<MysqlConnectOptions['tls']> {
  const { ssl } = server;
  if (ssl === undefined || (ssl.ca === undefined && ssl.cert === undefined && ssl.key === undefined)) return undefined;
  const file = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
  const [ca, cert, key] = await Promise.all([file(ssl.ca), file(ssl.cert), file(ssl.key)]);
  return { mode: ca === undefined ? 'required' : ssl.serverName === undefined ? 'verify_ca' : 'verify_identity', ca, cert, key, serverName: ssl.serverName };
}
