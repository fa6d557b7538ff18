import { describe, expect, it } from 'vitest';
import { VtrewindError } from '../base/errors.ts';
import { planStatement } from '../planner/planStatement.ts';
import { parseStatement } from '../sql/index.ts';
import type { Field, Row } from '../vitess/queryService.ts';
import { buildVSchema } from '../vschema/index.ts';
import { executePlan, streamPlan, type ShardQuery, type VCursor } from './index.ts';

const vschema = buildVSchema({ keyspaces: { ks: { sharded: true, vindexes: { h: { type: 'hash' } }, tables: { t: { columnVindexes: [{ column: 'id', name: 'h' }], columns: [{ name: 'id', type: 'INT64' }], columnListAuthoritative: true } } } } });
const fields: Field[] = [{ name: 'id', type: 265, charset: 63 }];

/** A cursor over two shards that hold the even and the odd numbers; it counts what it was made to send. */
class FakeCursor implements VCursor {
  readonly signal = undefined;
  readonly limits = { maxMemoryRows: 1000 };
  readonly warnings: string[] = [];
  readonly given = [0, 0];
  readonly asked: ShardQuery[] = [];
  failing: string | undefined;
  readonly session = {
    inTransaction: false, userVariable: () => undefined, setUserVariable: () => {}, systemVariable: () => undefined, setLastInsertId: () => {}, setFoundRows: () => {},
    addWarning: (w: { message: string }) => { this.warnings.push(w.message); },
  };
  readonly gate = {} as VCursor['gate'];
  readonly rows: number;
  constructor(rows: number) {
    this.rows = rows;
  }
  allShards = (keyspace: string) => Promise.resolve(['-80', '80-'].map((shard, i) => ({ target: { keyspace, shard, tabletType: 'PRIMARY' as const }, start: Buffer.from(i === 0 ? [] : [0x80]), end: Buffer.from(i === 0 ? [0x80] : []) })));
  anyKeyspace = () => Promise.resolve({ name: 'ks', sharded: true });
  execute = (queries: readonly ShardQuery[]) => Promise.resolve(queries.map((q) => {
    this.asked.push(q);
    if (q.target.shard === this.failing) return { error: new VtrewindError({ code: 'VTR0000', mysql: 2013, message: 'gone' }) };
    const odd = q.target.shard === '80-' ? 1 : 0;
    return { result: { fields, rows: Array.from({ length: this.rows }, (_, i): Row => [Buffer.from(String(i * 2 + odd))]), rowsAffected: 0n, insertId: 0n } };
  }));
  stream = async (q: ShardQuery, _options: unknown, onPart: (part: { fields?: readonly Field[]; rows: readonly Row[] }) => Promise<void> | void) => {
    const odd = q.target.shard === '80-' ? 1 : 0;
    await onPart({ fields, rows: [] });
    for (let i = 0; i < this.rows; i++) {
      this.given[odd] = (this.given[odd] ?? 0) + 1;
      await onPart({ rows: [[Buffer.from(String(i * 2 + odd))]] });
    }
  };
}
const plan = (sql: string) => planStatement(parseStatement(sql), vschema, { sql, tabletType: 'PRIMARY', tabletTypeExplicit: false });

describe('streaming', () => {
  it('merges sorted shards and keeps each at most a part or two ahead of a slow client', async () => {
    const cursor = new FakeCursor(5000);
    let seen = 0;
    let most = 0;
    const stop = new Error('enough');
    await expect(streamPlan(plan('select id from t order by id'), {}, cursor, async ({ rows }) => {
      for (const row of rows) expect(Number(row[0]?.toString())).toBe(seen++);
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, (cursor.given[0] ?? 0) + (cursor.given[1] ?? 0) - seen);
      if (seen > 2000) throw stop;
    })).rejects.toBe(stop);
    expect(most).toBeLessThan(10);
    expect(cursor.given[0]).toBeLessThan(1400);
  });

  it('stops the shards when a limit is reached', async () => {
    const cursor = new FakeCursor(100_000);
    const rows: string[] = [];
    await streamPlan(plan('select id from t order by id limit 3, 4'), {}, cursor, (part) => { rows.push(...part.rows.map((r) => String(r[0]))); });
    expect(rows).toEqual(['3', '4', '5', '6']);
    expect((cursor.given[0] ?? 0) + (cursor.given[1] ?? 0)).toBeLessThan(2000);
  });

  it('refuses to hold more rows than allowed, and says what to raise', async () => {
    await expect(executePlan(plan('select distinct id + 1 from t'), {}, new FakeCursor(2000))).rejects.toMatchObject({ code: 'VTR1503', hint: expect.stringContaining('--max-memory-rows') });
  });

  it('warns of a failed shard where the statement says so, and fails where it does not', async () => {
    const cursor = new FakeCursor(2);
    cursor.failing = '80-';
    const result = await executePlan(plan('select /*vt+ SCATTER_ERRORS_AS_WARNINGS */ id from t'), {}, cursor);
    expect(result.rows.map((r) => String(r[0]))).toEqual(['0', '2']);
    expect(cursor.warnings).toEqual(['gone']);
    await expect(executePlan(plan('select id from t'), {}, cursor)).rejects.toMatchObject({ mysql: 2013 });
  });

  it('asks one shard for one id and splits a list by shard', async () => {
    const cursor = new FakeCursor(1);
    await executePlan(plan('select id from t where id = 1'), {}, cursor);
    expect(cursor.asked.map((q) => q.target.shard)).toEqual(['-80']);
    cursor.asked.length = 0;
    await executePlan(plan('select id from t where id in (1, 2, 3, 4, 5, 6)'), {}, cursor);
    const lists = cursor.asked.map((q) => q.binds['__vals']?.values?.map((v) => v.value.toString()));
    expect(lists.flat().sort()).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(cursor.asked).toHaveLength(2);
  });
});
