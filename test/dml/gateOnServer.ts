import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { parseMicros } from '../../src/base/time.ts';
import { silentLog } from '../../src/base/log.ts';
import { executePlan, streamPlan, type ShardInfo } from '../../src/engine/index.ts';
import { SchemaTracker } from '../../src/gate/schema/schemaTracker.ts';
import { DEFAULT_SESSION_LIMITS, type GateEnvironment, SessionCounters, type SessionLimits } from '../../src/gate/session/environment.ts';
import { GateSession } from '../../src/gate/session/gateSession.ts';
import { PlanCache } from '../../src/gate/session/planCache.ts';
import type { TabletHandle } from '../../src/gate/session/ports.ts';
import { SessionRegistry } from '../../src/gate/session/sessionRegistry.ts';
import { TabletPools } from '../../src/gate/tabletPools.ts';
import { anyUserFromLoopback } from '../../src/mysql/auth/users.ts';
import { MysqlServer } from '../../src/mysql/mysqlServer.ts';
import { planStatement } from '../../src/planner/index.ts';
import { createMysqlQueryService, type MysqlQueryService } from '../../src/vitess/mysqlQueryService.ts';
import { buildVSchema, type VSchema } from '../../src/vschema/index.ts';
import type { TestServer } from '../support/servers.ts';

export interface GateOnServerOptions {
  readonly server: TestServer;
  /** A SrvVSchema as JSON. */
  readonly vschema: object;
  /** DDL per keyspace, run on each of its shards. */
  readonly schema: Readonly<Record<string, readonly string[]>>;
  /** Of the sharded keyspaces. */
  readonly shards: 2 | 4;
  /** Tells the databases of several gates on one server apart. */
  readonly prefix: string;
  /** Snapshot keyspaces: name to base and time. They serve REPLICA only, from databases of their own. */
  readonly snapshots?: Readonly<Record<string, { readonly base: string; readonly at: string }>>;
  readonly limits?: Partial<SessionLimits>;
  readonly scratch?: GateEnvironment['scratch'];
}

/** A real gate's sessions over one mysqld that plays all tablets: a database per shard. */
export interface GateOnServer {
  readonly vschema: VSchema;
  readonly env: GateEnvironment;
  readonly port: number;
  connect(options?: ConnectionOptions): Promise<Connection>;
  /** Straight into a shard's database. */
  shard(keyspace: string, shard: string): Promise<Connection>;
  shardNames(keyspace: string): readonly string[];
  database(keyspace: string, shard: string): string;
  reload(keyspace: string): Promise<void>;
  stop(): Promise<void>;
}

const bounds: Readonly<Record<number, readonly (readonly [string, number[], number[]])[]>> = {
  2: [['-80', [], [0x80]], ['80-', [0x80], []]],
  4: [['-40', [], [0x40]], ['40-80', [0x40], [0x80]], ['80-c0', [0x80], [0xc0]], ['c0-', [0xc0], []]],
};

export async function startGateOnServer(options: GateOnServerOptions): Promise<GateOnServer> {
  const { server, shards, prefix } = options;
  const vschema = buildVSchema(options.vschema, { snapshotKeyspaces: new Map(Object.entries(options.snapshots ?? {}).map(([name, { base, at }]) => [name, { base, at: parseMicros(at) }])) });
  const shardsOf = (keyspace: string): readonly (readonly [string, number[], number[]])[] => (vschema.keyspaces.get(keyspace)?.sharded === true ? bounds[shards] ?? [] : [['0', [], []]]);
  const database = (keyspace: string, shard: string) => `${prefix}_${keyspace}_${shard}`;
  const root = await server.connect();
  for (const [keyspace, statements] of Object.entries(options.schema)) {
    for (const [shard] of shardsOf(keyspace)) {
      await root.query(`create database \`${database(keyspace, shard)}\` character set utf8mb4 collate utf8mb4_general_ci`);
      await root.query(`use \`${database(keyspace, shard)}\``);
      for (const statement of statements) await root.query(statement);
    }
  }
  await root.end();
  const pools = new TabletPools({ user: 'root', password: '', maxConnections: 50, log: silentLog });
  const services = new Map<string, MysqlQueryService>();
  const serviceOf = (name: string, keyspace: string): MysqlQueryService => {
    let service = services.get(name);
    if (service === undefined) services.set(name, service = createMysqlQueryService({ connect: { host: '127.0.0.1', port: server.port, user: 'root', password: '', database: name }, database: name, poolSize: 5, tabletAlias: `zone1-${keyspace}` }));
    return service;
  };
  let version = 1;
  const tracker: SchemaTracker = new SchemaTracker({
    log: silentLog, onChange: () => { version++; },
    ask: async (keyspace, sql) => {
      const [shard] = shardsOf(keyspace)[0] ?? ['0'];
      return serviceOf(database(keyspace, shard), keyspace).execute({ keyspace, shard, tabletType: 'PRIMARY' }, sql, {}, {});
    },
  });
  for (const keyspace of Object.keys(options.schema)) await tracker.reload(keyspace);
  const served = (keyspace: string): readonly string[] => (options.snapshots?.[keyspace] === undefined ? ['PRIMARY'] : ['REPLICA']);
  const env: GateEnvironment = {
    view: {
      vschema, get version() { return version; },
      shards: (keyspace, tabletType) => (vschema.keyspaces.has(keyspace) ? served(keyspace).includes(tabletType) ? shardsOf(keyspace).map(([shard, start, end]): ShardInfo => ({ target: { keyspace, shard, tabletType }, start: Buffer.from(start), end: Buffer.from(end) })) : [] : undefined),
      keyspaceNames: () => [...vschema.keyspaces.keys()].sort(),
      snapshot: (keyspace) => options.snapshots?.[keyspace],
    },
    tablets: {
      pick: (target): TabletHandle => {
        const name = database(target.keyspace, target.shard);
        return { alias: `zone1-${name}`, target, databaseName: name, service: serviceOf(name, target.keyspace), pool: (capabilities) => pools.pool(name, '127.0.0.1', server.port, name, capabilities) };
      },
      serving: (keyspace) => served(keyspace) as ('PRIMARY' | 'REPLICA')[],
      all: () => [],
    },
    planner: { plan: planStatement, execute: executePlan, stream: streamPlan },
    plans: new PlanCache(1000), schema: tracker, schemaChanged: (keyspace) => tracker.reload(keyspace), schemaPending: () => undefined,
    snapshots: () => Promise.reject(new Error('no topology here')), scratch: options.scratch, databaseHook: undefined, registry: new SessionRegistry(), counters: new SessionCounters(), serverVersion: '8.4.6-test',
    defaultTabletType: 'PRIMARY', transactionMode: 'MULTI', limits: { ...DEFAULT_SESSION_LIMITS, ...options.limits }, log: silentLog,
  } as GateEnvironment;
  const gate = await MysqlServer.listen({ host: '127.0.0.1', port: 0, serverVersion: env.serverVersion, users: anyUserFromLoopback() }, {
    onAuthenticated: (connection) => { connection.session = new GateSession(env, connection); },
    onCommand: (connection, payload) => (connection.session as GateSession).handle(payload),
    onClose: (connection) => { if (connection.session instanceof GateSession) connection.session.close(); },
  });
  const port = Number(gate.address.slice(gate.address.lastIndexOf(':') + 1));
  return {
    vschema, env, port, database,
    shardNames: (keyspace) => shardsOf(keyspace).map(([name]) => name),
    connect: (more = {}) => createConnection({ host: '127.0.0.1', port, user: 'root', supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, rowsAsArray: true, ...more }),
    shard: (keyspace, shard) => server.connect({ database: database(keyspace, shard), rowsAsArray: true }),
    reload: (keyspace) => tracker.reload(keyspace),
    stop: async () => {
      await gate.close({ drainMs: 0 });
      for (const service of services.values()) await service.close();
      pools.close();
      await tracker.close();
    },
  };
}
