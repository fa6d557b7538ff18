import type { Connection, ConnectionOptions, ResultSetHeader } from 'mysql2/promise';
import { createVindex, valueTypes } from '../../src/vschema/index.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { comparedTables, dmlTables, dmlVSchema, ownedLookups, plainTables } from './dmlSchema.ts';
import { type GateOnServer, startGateOnServer } from './gateOnServer.ts';

/** What a client learns of a statement. */
export interface Outcome {
  readonly errno?: number;
  readonly message?: string;
  readonly affected?: number;
  readonly insertId?: number;
  readonly info?: string;
  readonly warnings?: number;
  readonly rows?: readonly unknown[];
}

export async function outcomeOf(session: Connection, sql: string, values?: unknown[]): Promise<Outcome> {
  try {
    const [result] = values === undefined ? await session.query(sql) : await session.execute(sql, values as never);
    if (Array.isArray(result)) return { rows: result };
    const header = result as ResultSetHeader;
    return { affected: header.affectedRows, insertId: Number(header.insertId), info: header.info.replace(/^[^A-Z]?(?=R(?:ecords|ows))/, ''), warnings: header.warningStatus };
  } catch (error) {
    const { errno, message } = error as { errno?: number; message: string };
    return errno === undefined ? { errno: -1, message: String(error) } : { errno, message };
  }
}

/** Two sessions, one through a gate and one on the plain server, that are told the same. */
export class BesidePlain {
  readonly gate: GateOnServer;
  readonly server: TestServer;
  readonly plainDatabase: string;
  readonly wrong: string[] = [];
  #sharded!: Connection;
  #plain!: Connection;

  private constructor(gate: GateOnServer, server: TestServer, plainDatabase: string) {
    this.gate = gate;
    this.server = server;
    this.plainDatabase = plainDatabase;
  }

  static async start(server: TestServer, shards: 2 | 4, prefix: string): Promise<BesidePlain> {
    const gate = await startGateOnServer({ server, vschema: dmlVSchema, schema: dmlTables, shards, prefix });
    const plainDatabase = `${prefix}_plain`;
    const root = await server.connect();
    await root.query(`create database ${plainDatabase} character set utf8mb4 collate utf8mb4_general_ci`);
    await root.query(`use ${plainDatabase}`);
    for (const table of plainTables) await root.query(table);
    await root.end();
    const made = new BesidePlain(gate, server, plainDatabase);
    await made.reconnect();
    return made;
  }

  /** New sessions, with these options. */
  async reconnect(options: ConnectionOptions = {}): Promise<void> {
    await this.endSessions();
    this.#sharded = await this.gate.connect({ database: 'shop', ...options });
    this.#plain = await this.server.connect({ database: this.plainDatabase, rowsAsArray: true, ...options });
    for (const session of [this.#sharded, this.#plain]) session.on('error', () => undefined);
  }

  get sharded(): Connection {
    return this.#sharded;
  }

  async endSessions(): Promise<void> {
    await this.#sharded?.end();
    await this.#plain?.end();
  }

  /**
   * Runs the statement on both and notes what differs: outcome, rows of all tables, lookups. `main.` goes away for the plain server.
   * Differences that are allowed: `ignore` names fields of the outcome.
   */
  async both(sql: string, ignore: readonly (keyof Outcome)[] = []): Promise<Outcome> {
    const got = await outcomeOf(this.#sharded, sql);
    const want = await outcomeOf(this.#plain, plainText(sql));
    const differ = (Object.keys({ ...got, ...want }) as (keyof Outcome)[]).filter((key) => key !== 'message' && !ignore.includes(key) && JSON.stringify(got[key]) !== JSON.stringify(want[key]));
    if (differ.length > 0) this.wrong.push(`${sql}\n   gate  ${JSON.stringify(got)}\n   plain ${JSON.stringify(want)}`);
    return got;
  }

  /** One more statement on both, then everything is compared. */
  async check(sql: string, ignore: readonly (keyof Outcome)[] = []): Promise<void> {
    await this.both(sql, ignore);
    await this.compare(sql);
  }

  async compare(after: string): Promise<void> {
    for (const [table, order] of Object.entries(comparedTables)) {
      const sql = `select * from ${table} order by ${order}`;
      const [got, want] = [await outcomeOf(this.#sharded, /countries|log|numbered/.test(table) ? sql.replace('from ', 'from main.') : sql), await outcomeOf(this.#plain, sql)];
      if (JSON.stringify(got) !== JSON.stringify(want)) this.wrong.push(`${after}\n   ${table} gate  ${JSON.stringify(got.rows ?? got)}\n   ${table} plain ${JSON.stringify(want.rows ?? want)}`);
    }
    for (const difference of await this.lookupDifferences()) this.wrong.push(`${after}\n   ${difference}`);
  }

  /** Lookup rows that say something else than the rows themselves, and rows on a shard that is not theirs. */
  async lookupDifferences(): Promise<string[]> {
    const found: string[] = [];
    const { gate } = this;
    const owners = new Map<string, string[]>();
    for (const shard of gate.shardNames('shop')) {
      const direct = await gate.shard('shop', shard);
      for (const [table, column] of [['users', 'id'], ['accounts', 'id'], ['filling', 'id'], ['orders', 'user_id'], ['kinds', 'id']] as const) {
        const [rows] = await direct.query(`select * from ${table}`);
        const [fields] = await direct.query(`show columns from ${table}`);
        const names = (fields as string[][]).map(([name]) => name);
        for (const row of rows as (string | null)[][]) {
          const id = keyspaceId(String(row[names.indexOf(column)]));
          const home = gate.shardNames('shop').find((name) => inRange(name, id));
          if (home !== shard) found.push(`${table} ${column} ${row[names.indexOf(column)]} is on ${shard}, belongs to ${home}`);
          for (const owned of ownedLookups) {
            const value = owned.table === table ? row[names.indexOf(owned.column)] : null;
            if (value !== null && value !== undefined) owners.set(owned.lookup, [...(owners.get(owned.lookup) ?? []), `${value}:${id.toString('hex')}`]);
          }
        }
      }
      await direct.end();
    }
    for (const { keyspace, lookup } of ownedLookups) {
      const have: string[] = [];
      for (const shard of gate.shardNames(keyspace)) {
        const direct = await gate.shard(keyspace, shard);
        const [rows] = await direct.query(`select * from ${lookup}`);
        for (const [value, id] of rows as [string, Buffer][]) have.push(`${value}:${id.toString('hex')}`);
        await direct.end();
      }
      const want = owners.get(lookup) ?? [];
      if (JSON.stringify(want.sort()) !== JSON.stringify(have.sort())) found.push(`lookup ${lookup} holds ${JSON.stringify(have)}, the rows are ${JSON.stringify(want)}`);
    }
    return found;
  }

  async stop(): Promise<void> {
    await this.endSessions();
    await this.gate.stop();
  }
}

const xxhash = createVindex('xx', 'xxhash', {});
function keyspaceId(value: string): Buffer {
  const mapped = xxhash.kind === 'single' ? xxhash.mapOne({ type: valueTypes.INT64, value: Buffer.from(value) }) : undefined;
  if (mapped?.kind !== 'keyspaceId') throw new Error('xxhash maps every number');
  return mapped.keyspaceId;
}

function inRange(shard: string, id: Buffer): boolean {
  const [start = '', end = ''] = shard.split('-');
  return Buffer.compare(id, Buffer.from(start, 'hex')) >= 0 && (end === '' || Buffer.compare(id, Buffer.from(end, 'hex')) < 0);
}

/** The plain server has one database. */
export const plainText = (sql: string): string => sql.replaceAll(/\b(main|shop)\./g, '');

/** Every flavour that is here. */
export const dmlFlavours = await flavours();
export { startServer };
