import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Log } from '../base/log.ts';
import type { Cut } from '../binlog/archive/findCut.ts';
import { ReplicaHandler } from '../binlog/serve/replicaHandler.ts';
import type { ReplaySource } from '../binlog/serve/replaySource.ts';
import { Credential, staticUsers } from '../mysql/auth/users.ts';
import { MysqlServer } from '../mysql/mysqlServer.ts';
import type { ReplicationSource } from '../mysqld/replication.ts';

/**
 * A replication source on a free loopback port that gives what `source` has up to `until` and nothing past it, to whoever knows the password made for it. Its server id lies in the upper half
 * of the range, where no tablet's is.
 */
export async function serveReplay(source: ReplaySource, until: Cut, log: Log): Promise<ReplicationSource & { close(): Promise<void> }> {
  const user = 'vtrewind_replay';
  const password = randomBytes(24).toString('base64url');
  const { serverVersion } = await source.describe();
  const ending = new AbortController();
  const handler = new ReplicaHandler({ source, until, serverId: randomInt(0x8000_0000, 0xffff_fff0), serverUuid: randomUUID(), log, signal: ending.signal });
  const server = await MysqlServer.listen({
    host: '127.0.0.1', port: 0, serverVersion, log,
    users: staticUsers([{ user, userData: user, groups: [], sourceHost: '', credential: Credential.ofPassword(password) }]),
  }, handler);
  return {
    host: '127.0.0.1', port: server.port, user, password,
    async close() {
      ending.abort();
      await server.close({ drainMs: 0 });
    },
  };
}
