import { VtrewindError } from '../../src/base/errors.ts';
import { executePlan, runPrimitive, streamPlan, type ShardInfo, type ShardOutcome, type VCursor } from '../../src/engine/index.ts';
import { MysqlClientConnection } from '../../src/mysql/clientConnection.ts';
import { queryTemplate } from '../../src/mysql/queryTemplate.ts';
import { planStatement, type Plan, type SchemaView, type TrackedColumn } from '../../src/planner/index.ts';
import { bindVariables, normalize, parseStatement, settingsOf } from '../../src/sql/index.ts';
import type { BindVariables, QueryResult, Row } from '../../src/vitess/queryService.ts';
import { buildVSchema, type VSchema } from '../../src/vschema/index.ts';
import type { TestServer } from '../support/servers.ts';

export interface ShardedServerOptions {
  /** Shards by keyspace: ranges such as `-80`, in order; a keyspace that is not here has `-80` and `80-` when it is sharded, else `0`. */
  readonly shards?: Readonly<Record<string, readonly string[]>>;
  /** In front of the shards' database names, for several clusters on one server. */
  readonly prefix?: string;
  /** Collation id of text columns that name none. */
  readonly defaultCollation?: number;
  /** Primary keys by `keyspace.table`; else the first column. */
  readonly primaryKeys?: Readonly<Record<string, readonly string[]>>;
  readonly scratch?: NonNullable<VCursor['gate']['scratch']>;
}

/** One server that plays a sharded cluster: a database per shard, and one database with all rows to compare with. */
export class ShardedServer {
  readonly vschema: VSchema;
  readonly sent: { database: string; sql: string }[] = [];
  readonly userVariables = new Map<string, { type: number; value: Buffer | null }>();
  readonly warnings: { code: number; message: string }[] = [];
  foundRows = 0n;
  #connections = new Map<string, MysqlClientConnection>();
  #next = new Map<string, bigint>();
  #idle = new Map<string, MysqlClientConnection[]>();
  readonly #server: TestServer;
  readonly #schema: SchemaView;
  readonly #options: ShardedServerOptions;

  constructor(server: TestServer, vschema: object, columns: Readonly<Record<string, readonly TrackedColumn[]>>, options: ShardedServerOptions = {}) {
    this.#server = server;
    this.#options = options;
    this.vschema = buildVSchema(vschema);
    this.#schema = {
      table: (keyspace, table) => {
        const found = columns[`${keyspace}.${table}`];
        return found === undefined ? undefined : { columns: found, complete: true, primaryKey: options.primaryKeys?.[`${keyspace}.${table}`] ?? [found[0]?.name ?? ''] };
      },
      defaultCollation: options.defaultCollation ?? 45,
    };
  }

  databaseOf(keyspace: string, shard: string): string {
    return `${this.#options.prefix ?? ''}${keyspace}_${shard}`;
  }

  async connection(database: string): Promise<MysqlClientConnection> {
    let found = this.#connections.get(database);
    if (found === undefined) {
      found = await MysqlClientConnection.connect({ host: '127.0.0.1', port: this.#server.port, user: 'root', database, collation: 45 });
      this.#connections.set(database, found);
    }
    return found;
  }

  async close(): Promise<void> {
    for (const c of [...this.#connections.values(), ...[...this.#idle.values()].flat()]) await c.quit();
  }

  shards(keyspace: string): ShardInfo[] {
    const info = (shard: string): ShardInfo => {
      const [start = '', end = ''] = shard.includes('-') ? shard.split('-') : [];
      return { target: { keyspace, shard, tabletType: 'PRIMARY' }, start: Buffer.from(start, 'hex'), end: Buffer.from(end, 'hex') };
    };
    if (!this.vschema.keyspaces.has(keyspace)) throw new VtrewindError({ code: 'VT05003', mysql: 1049, message: `unknown database '${keyspace}'` });
    return (this.#options.shards?.[keyspace] ?? (this.vschema.keyspace(keyspace).sharded ? ['-80', '80-'] : ['0'])).map(info);
  }

  cursor(inTransaction = false): VCursor {
    return {
      signal: undefined,
      limits: { maxMemoryRows: 100_000 },
      session: {
        inTransaction,
        userVariable: (name) => this.userVariables.get(name),
        setUserVariable: (name, value) => { this.userVariables.set(name, value); },
        systemVariable: () => undefined,
        setLastInsertId: () => {},
        setFoundRows: (rows) => { this.foundRows = rows; },
        addWarning: (w) => { this.warnings.push(w); },
      },
      allShards: (keyspace) => Promise.resolve(this.shards(keyspace)),
      anyKeyspace: () => Promise.resolve({ name: 'main', sharded: false }),
      execute: async (queries) => {
        const outcomes: ShardOutcome[] = [];
        for (const { target, sql, binds } of queries) outcomes.push(await this.#one(this.databaseOf(target.keyspace, target.shard), sql, binds).then((result) => ({ result }), (error: unknown) => ({ error: VtrewindError.from(error) })));
        return outcomes;
      },
      stream: async ({ target, sql, binds }, _options, onPart) => {
        const database = this.databaseOf(target.keyspace, target.shard);
        this.sent.push({ database, sql });
        const own = this.#idle.get(database)?.pop() ?? await MysqlClientConnection.connect({ host: '127.0.0.1', port: this.#server.port, user: 'root', database, collation: 45 });
        let whole = false;
        try {
          await own.streamQuery(queryTemplate(sql).render(binds), onPart);
          whole = true;
        } finally {
          if (whole) this.#idle.set(database, [...(this.#idle.get(database) ?? []), own]);
          else own.destroy();
        }
      },
      gate: new Proxy({}, { get: (_t, name) => (name === 'scratch' ? this.#options.scratch : () => Promise.reject(new Error(`no gate: ${String(name)}`))) }) as VCursor['gate'],
    };
  }

  async #one(database: string, sql: string, binds: BindVariables): Promise<QueryResult> {
    this.sent.push({ database, sql });
    const next = /^select next :n values from (\w+)$/.exec(sql);
    if (next !== null) {
      const at = this.#next.get(next[1] ?? '') ?? 1n;
      this.#next.set(next[1] ?? '', at + BigInt(binds['n']?.value?.toString() ?? '1'));
      return { fields: [{ name: 'nextval', type: 265 }], rows: [[Buffer.from(at.toString())]], rowsAffected: 0n, insertId: 0n };
    }
    return (await this.connection(database)).query(queryTemplate(sql).render(binds));
  }

  plan(sql: string): Plan {
    return planStatement(parseStatement(sql, { dialect: this.#server.flavour }), this.vschema, { sql, tabletType: 'PRIMARY', tabletTypeExplicit: false, schema: this.#schema });
  }

  execute(sql: string, binds: BindVariables = {}): Promise<QueryResult> {
    return executePlan(this.plan(sql), binds, this.cursor());
  }

  /** As the gate does it: literals become bind variables, and the plan is made for all texts that differ in them only. */
  async executeNormalized(sql: string): Promise<QueryResult> {
    const query = normalize(sql, settingsOf({ dialect: this.#server.flavour }));
    return executePlan(this.plan(query.key), bindVariables(query), this.cursor());
  }

  async stream(sql: string): Promise<QueryResult> {
    const rows: Row[] = [];
    let fields: QueryResult['fields'] = [];
    await streamPlan(this.plan(sql), {}, this.cursor(), (part) => {
      if (part.fields !== undefined) fields = part.fields;
      rows.push(...part.rows);
    });
    return { fields, rows, rowsAffected: 0n, insertId: 0n };
  }

  async plain(sql: string): Promise<QueryResult> {
    return (await this.connection('plain')).query(sql);
  }
}

export const texts = (result: QueryResult): (string | null)[][] => result.rows.map((row) => row.map((v) => (v === null ? null : v.toString())));
export { runPrimitive };
