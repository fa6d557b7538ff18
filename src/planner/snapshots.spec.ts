import { describe, expect, it } from 'vitest';
import { VtrewindError } from '../base/errors.ts';
import { parseStatement } from '../sql/index.ts';
import { buildVSchema } from '../vschema/index.ts';
import type { PlanContext } from './context.ts';
import type { Plan } from './plan.ts';
import { planStatement } from './planStatement.ts';

const flights = {
  sharded: true, vindexes: { h: { type: 'hash' }, by_code: { type: 'lookup_unique', owner: 'flight', params: { table: 'codes.code_idx', from: 'code', to: 'keyspace_id' } } },
  tables: { flight: { columnVindexes: [{ column: 'id', name: 'h' }, { column: 'code', name: 'by_code' }] } },
};
const vschema = buildVSchema({
  keyspaces: {
    commerce: { tables: { airports: {} } }, codes: { tables: { code_idx: {} } }, flights,
    flights_restore: { ...flights, requireExplicitRouting: true }, commerce_restore: { tables: { airports: {}, lost: {} } },
  },
}, { snapshotKeyspaces: new Set(['flights_restore', 'commerce_restore']) });
const snapshots = new Map([['flights_restore', { base: 'flights', at: '2026-07-17T18:25:20Z' }], ['commerce_restore', { base: 'commerce', at: '2026-07-17T18:25:20Z' }]]);

const plan = (sql: string, context: Partial<PlanContext> = {}): Plan =>
  planStatement(parseStatement(sql), vschema, { sql, tabletType: 'PRIMARY', tabletTypeExplicit: false, snapshots, ...context });
const refusal = (sql: string, context: Partial<PlanContext> = {}): VtrewindError => {
  try {
    plan(sql, context);
  } catch (error) {
    return VtrewindError.from(error);
  }
  throw new Error(`planned: ${sql}`);
};
const keyspaceOf = (p: Plan): string | undefined => (p.root?.op === 'Route' ? p.root.routing.keyspace.name : undefined);

describe('snapshot keyspaces', () => {
  it('are never chosen for an unqualified name', () => {
    expect(keyspaceOf(plan('select * from flight where id = 1'))).toBe('flights');
    expect(refusal('select * from lost').message).toContain('lost not found');
  });

  it('are reached by a qualified name, and as the session\'s keyspace', () => {
    expect(keyspaceOf(plan('select * from flights_restore.flight where id = 1'))).toBe('flights_restore');
    expect(keyspaceOf(plan('select * from flight where id = 1', { defaultKeyspace: 'flights_restore' }))).toBe('flights_restore');
    expect(plan('select * from flights_restore.flight').snapshotKeyspaces).toEqual(['flights_restore']);
  });

  it('are read from what serves unless the session names a tablet type', () => {
    const onDefault = plan('select * from flights_restore.flight where id = 1').root;
    expect(onDefault?.op === 'Route' && onDefault.routing).toMatchObject({ keyspace: { snapshot: true } });
    expect(onDefault?.op === 'Route' && onDefault.routing.tabletType).toBeUndefined();
    const onRdonly = plan('select * from flights_restore.flight where id = 1', { tabletType: 'RDONLY', tabletTypeExplicit: true }).root;
    expect(onRdonly?.op === 'Route' && onRdonly.routing.tabletType).toBe('RDONLY');
    expect(refusal('select * from flights_restore.flight', { tabletTypeExplicit: true })).toMatchObject({ mysql: 1290 });
    expect(refusal('select * from flights_restore.flight', { tabletTypeExplicit: true }).message).toContain('no primary');
  });

  it.each([
    'insert into flights_restore.flight (id, code) values (1, 2)', 'update flights_restore.flight set x = 1', 'delete from flights_restore.flight where id = 1',
    'select * from flights_restore.flight where id = 1 for update', 'drop table flights_restore.flight', 'create table flights_restore.t (id int)', 'truncate commerce_restore.airports',
    'select * from flights_restore.flight order by id limit 1 lock in share mode',
  ])('refuse %s, naming base and time', (sql) => {
    const error = refusal(sql);
    expect(error).toMatchObject({ mysql: 1290, sqlState: 'HY000' });
    expect(error.message).toMatch(/(flights_restore is a snapshot of flights|commerce_restore is a snapshot of commerce) at 2026-07-17T18:25:20Z/);
  });

  it('join live tables, each route in its own keyspace, and feed inserts into them', () => {
    const joined = plan('select a.id from flights.flight a join flights_restore.flight b on a.id = b.id').root;
    expect(joined?.op).toBe('Join');
    expect(JSON.stringify(joined)).toContain('flights_restore');
    expect(plan('insert into commerce.airports select * from commerce_restore.airports').root).toMatchObject({ op: 'Insert', variant: 'Select' });
  });

  it('never ask a live lookup table: the route becomes a scatter', () => {
    expect(plan("select * from flights.flight where code = 'a'").root?.op).toBe('VindexLookup');
    const past = plan("select * from flights_restore.flight where code = 'a'").root;
    expect(past).toMatchObject({ op: 'Route', routing: { variant: 'Scatter', keyspace: { name: 'flights_restore' } } });
  });

  it('are never picked for statements without a keyspace', () => {
    for (const sql of ['select 1', 'select table_name from information_schema.tables', 'show variables']) expect(JSON.stringify(plan(sql).root)).not.toContain('_restore');
  });
});

describe('bind variables', () => {
  it('made by the planner never take a name the client uses', () => {
    const root = plan('select a.id from flights.flight a join commerce.airports b on a.x = b.y where b.z = :a_x').root;
    expect(root?.op).toBe('Join');
    if (root?.op !== 'Join') return;
    expect(Object.keys(root.vars)).not.toContain('a_x');
    expect(JSON.stringify(root.right)).toContain(':a_x');
  });
});
