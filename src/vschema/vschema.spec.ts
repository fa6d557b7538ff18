import { describe, expect, it } from 'vitest';
import { VtrewindError } from '../base/errors.ts';
import { buildVSchema, type VSchemaOptions } from './buildVSchema.ts';

const flights = {
  sharded: true,
  vindexes: { xx: { type: 'xxhash' }, by_name: { type: 'lookup_unique', owner: 'flight', params: { table: 'names', from: 'name', to: 'keyspace_id' } } },
  tables: {
    flight: { column_vindexes: [{ column: 'id', name: 'xx' }, { column: 'name', name: 'by_name' }], auto_increment: { column: 'id', sequence: 'flight_seq' } },
    names: { column_vindexes: [{ column: 'name', name: 'xx' }] },
  },
};
const commerce = { tables: { airports: {}, flight_seq: { type: 'sequence' } } };

function build(keyspaces: object, more: object = {}, options: VSchemaOptions = {}) {
  return buildVSchema({ keyspaces, ...more }, options);
}

/** The error's text, with the number a client sees. */
function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    const { mysql, message } = VtrewindError.from(error);
    return `${mysql} ${message}`;
  }
  return 'no error';
}

describe('names', () => {
  const vschema = build({ flights, commerce, other: { tables: { airports: {} } } });

  it('are found with their keyspace, and without when only one has them', () => {
    expect(vschema.findTable('flights', 'flight').keyspace.name).toBe('flights');
    expect(vschema.findTable(undefined, 'flight').keyspace.name).toBe('flights');
    expect(failure(() => vschema.findTable(undefined, 'airports'))).toBe('1105 ambiguous table reference: airports');
    expect(vschema.findTable('other', 'airports').keyspace.name).toBe('other');
  });

  it('that are unknown say so with the numbers of Vitess', () => {
    expect(failure(() => vschema.findTable('nosuch', 't'))).toBe("1049 VT05003: unknown database 'nosuch' in vschema");
    expect(failure(() => vschema.findTable('flights', 't'))).toBe('1105 table t not found');
    expect(failure(() => vschema.findTable(undefined, 't'))).toBe('1105 table t not found');
    expect(failure(() => vschema.findTableOrVindex(undefined, 'dual'))).toBe('1105 table dual not found');
  });

  it('of tables are case-sensitive, and any name may exist in an unsharded keyspace', () => {
    expect(failure(() => vschema.findTable('flights', 'FLIGHT'))).toBe('1105 table FLIGHT not found');
    expect(vschema.findTable('commerce', 'anything')).toMatchObject({ name: 'anything', known: 'assumed', keyspace: { name: 'commerce' } });
    expect(build({ commerce }).findTable(undefined, 'anything').keyspace.name).toBe('commerce');
    expect(failure(() => build({ flights }).findTable(undefined, 'anything'))).toBe('1105 table anything not found');
  });

  it('may be vindexes', () => {
    const found = vschema.findTableOrVindex(undefined, 'xx');
    expect('vindex' in found && [found.vindex.type, found.keyspace.name]).toEqual(['xxhash', 'flights']);
    const twice = build({ a: flights, b: flights });
    expect(failure(() => twice.findVindex(undefined, 'xx'))).toBe('1105 ambiguous vindex reference: xx');
    expect(twice.findVindex('a', 'xx')?.type).toBe('xxhash');
    expect(twice.findVindex('a', 'nope')).toBeUndefined();
  });

  it('that the tracker saw are found too, listed ones first', () => {
    const tracked = build({ flights, commerce, other: {} }, {}, { trackedTables: new Map([['commerce', ['flight', 'cap', 'both']], ['other', ['both']], ['flights', ['extra']]]) });
    expect(tracked.findTable(undefined, 'cap').keyspace.name).toBe('commerce');
    expect(tracked.findTable(undefined, 'flight').keyspace.name).toBe('flights');
    expect(failure(() => tracked.findTable(undefined, 'both'))).toBe('1105 ambiguous table reference: both');
    expect(tracked.findTable('flights', 'extra')).toMatchObject({ known: 'tracked', columnVindexes: [] });
    expect(failure(() => tracked.findTable(undefined, 'extra'))).toBe('1105 table extra not found');
  });
});

describe('snapshot keyspaces', () => {
  const flagged = { ...flights, require_explicit_routing: true };
  const asType = { snapshotKeyspaces: new Set(['flights_restore']) };

  for (const [how, keyspace, options] of [['by the flag', flagged, {}], ['by their type, whatever the vschema says', flights, asType]] as const) {
    it(`are never chosen and never ambiguous for an unqualified name: ${how}`, () => {
      const both = build({ flights, commerce, flights_restore: keyspace }, {}, options);
      expect(both.findTable(undefined, 'flight').keyspace.name).toBe('flights');
      expect(both.findVindex(undefined, 'xx')).toBe(both.keyspace('flights').vindexes.get('xx'));
      expect(both.findTable('flights_restore', 'flight').keyspace.name).toBe('flights_restore');
      const alone = build({ flights_restore: keyspace }, {}, options);
      expect(failure(() => alone.findTable(undefined, 'flight'))).toBe('1105 table flight not found');
    });
  }

  it('leave an only live keyspace the only one', () => {
    const vschema = build({ commerce, commerce_restore: commerce }, {}, { snapshotKeyspaces: new Set(['commerce_restore']) });
    expect(vschema.findTable(undefined, 'not_listed').keyspace.name).toBe('commerce');
    const alone = build({ commerce_restore: commerce }, {}, { snapshotKeyspaces: new Set(['commerce_restore']) });
    expect(failure(() => alone.findTable(undefined, 'not_listed'))).toBe('1105 table not_listed not found');
  });

  it('are never picked for a statement without a keyspace', () => {
    const options = { snapshotKeyspaces: new Set(['a_restore']) };
    expect(build({ a_restore: commerce, flights }, {}, options).anyKeyspace()?.name).toBe('flights');
    expect(build({ a_restore: commerce, flights, zoo: {} }, {}, options).anyKeyspace()?.name).toBe('zoo');
    expect(build({ a_restore: commerce }, {}, options).anyKeyspace()).toBeUndefined();
    expect(build({ a_restore: commerce }, {}, options).dual()).toBeUndefined();
  });

  it('are reached by routing rules, renamed or not', () => {
    const rules = { routing_rules: { rules: [{ from_table: 'old_flight', to_tables: ['flights_restore.flight'] }, { from_table: 'flight@replica', to_tables: ['flights_restore.flight'] }] } };
    const vschema = build({ flights, commerce, flights_restore: flights }, rules, asType);
    expect(vschema.findTable(undefined, 'old_flight')).toMatchObject({ name: 'flight', keyspace: { name: 'flights_restore' } });
    expect(vschema.findTable(undefined, 'flight', 'REPLICA').keyspace.name).toBe('flights_restore');
    expect(vschema.findTable(undefined, 'flight', 'PRIMARY').keyspace.name).toBe('flights');
  });

  it('look up only in the past', () => {
    const withLookup = (table: string) => ({ ...flights, vindexes: { ...flights.vindexes, by_name: { ...flights.vindexes.by_name, params: { table, from: 'name', to: 'keyspace_id' } } } });
    const at = 1_700_000_000_000_000;
    const lookup = (table: string) => {
      const vschema = build(
        { commerce, flights: withLookup(table), flights_restore: withLookup(table), commerce_then: commerce, commerce_later: commerce }, {},
        { snapshotKeyspaces: new Map([['flights_restore', { base: 'flights', at }], ['commerce_later', { base: 'commerce', at: at + 1 }], ['commerce_then', { base: 'commerce', at }]]) },
      );
      const found = (name: string) => {
        const keyspace = vschema.keyspace(name);
        const vindex = keyspace.vindexes.get('by_name');
        return vindex?.kind === 'lookup' ? vschema.lookupTable(keyspace, vindex.lookup)?.keyspace.name : 'not a lookup';
      };
      return [found('flights'), found('flights_restore')];
    };
    expect(lookup('names')).toEqual(['flights', 'flights_restore']);
    expect(lookup('flights.names')).toEqual(['flights', 'flights_restore']);
    expect(lookup('commerce.names')).toEqual(['commerce', 'commerce_then']);
    expect(lookup('commerce_later.names')).toEqual(['commerce_later', undefined]);
  });

  it('keep their reference tables to themselves', () => {
    const source = { tables: { country: {} } };
    const copy = { sharded: true, tables: { country: { type: 'reference', source: 'main.country' } } };
    const vschema = build({ main: source, live: copy, live_restore: copy }, {}, { snapshotKeyspaces: new Set(['live_restore']) });
    expect([...vschema.findTable('main', 'country').referencedBy.keys()]).toEqual(['live']);
    expect(vschema.findTable('live_restore', 'country').source).toBeUndefined();
  });

  it('stay readable when their sequences are gone', () => {
    const vschema = build({ flights_restore: flights, other: {}, more: {} }, {}, asType);
    expect(vschema.findTable('flights_restore', 'flight').autoIncrement).toBeUndefined();
    const live = build({ flights, other: {}, more: {} });
    expect(failure(() => live.findTable('flights', 'flight'))).toBe('1105 cannot resolve sequence flight_seq: table flight_seq not found');
  });
});

describe('rules', () => {
  const keyspaces = { a: { tables: { t: {} } }, b: { tables: { t: {} } } };

  it('route by type, then for all types, and say what is wrong with them', () => {
    const vschema = build(keyspaces, { routingRules: { rules: [
      { fromTable: 't', toTables: ['a.t'] }, { fromTable: 't@replica', toTables: ['b.t'] }, { fromTable: 'gone', toTables: [] }, { fromTable: 'two', toTables: ['a.t', 'b.t'] },
      { fromTable: 'bad', toTables: ['nosuch.t'] }, { fromTable: 'bare', toTables: ['t'] }, { fromTable: 'twice', toTables: ['a.t'] }, { fromTable: 'twice', toTables: ['b.t'] }, { fromTable: 'a.x', toTables: ['b.y'] },
    ] } });
    expect(vschema.findTable(undefined, 't').keyspace.name).toBe('a');
    expect(vschema.findTable(undefined, 't', 'REPLICA').keyspace.name).toBe('b');
    expect(vschema.findTable('a', 'x')).toMatchObject({ name: 'y', keyspace: { name: 'b' } });
    expect(failure(() => vschema.findTable(undefined, 'gone'))).toBe('1105 table gone has been disabled');
    expect(failure(() => vschema.findTable(undefined, 'two'))).toBe('1105 table two has more than one target: [a.t b.t]');
    expect(failure(() => vschema.findTable(undefined, 'bad'))).toBe("1049 VT05003: unknown database 'nosuch' in vschema");
    expect(failure(() => vschema.findTable(undefined, 'bare'))).toContain('must be of the qualified form');
    expect(failure(() => vschema.findTable(undefined, 'twice'))).toBe('1105 duplicate rule for entry twice');
  });

  it('move shards and keyspaces', () => {
    const vschema = build(keyspaces, {
      shard_routing_rules: { rules: [{ from_keyspace: 'a', to_keyspace: 'b', shard: '-80' }] }, keyspace_routing_rules: { rules: [{ from_keyspace: 'old', to_keyspace: 'a' }, { from_keyspace: 'old@replica', to_keyspace: 'b' }] },
    });
    expect([vschema.findTable('old', 't').keyspace.name, vschema.findTable('old', 't', 'REPLICA').keyspace.name, vschema.findTable('b', 't').keyspace.name]).toEqual(['a', 'b', 'b']);
    expect([vschema.routedShard('a', '-80'), vschema.routedShard('a', '80-'), vschema.routedKeyspace('old'), vschema.routedKeyspace('b')]).toEqual(['b', 'a', 'a', 'b']);
  });

  it('mirror once, never in circles and never onto themselves', () => {
    const of = (...rules: [string, string, number][]) => {
      const vschema = build({ a: {}, b: {}, c: {} }, { mirror_rules: { rules: rules.map(([from_table, to_table, percent]) => ({ from_table, to_table, percent })) } });
      return (keyspace: string) => vschema.mirrorRule(vschema.findTable(keyspace, 't'), 'PRIMARY')?.table.keyspace.name;
    };
    expect(of(['a.t', 'b.t', 1])('a')).toBe('b');
    expect(of(['a.t@replica', 'b.t', 1])('a')).toBeUndefined();
    expect(of(['a.t', 'b.t', 0])('a')).toBeUndefined();
    expect(of(['a.t', 'a.t', 5])('a')).toBeUndefined();
    expect(of(['a.t', 'b.t', 5], ['b.u', 'a.u', 5])('a')).toBeUndefined();
    const chain = of(['a.t', 'b.t', 5], ['b.t', 'c.t', 5]);
    expect([chain('a'), chain('b')]).toEqual(['b', undefined]);
  });
});

describe('tables', () => {
  it('order their vindexes by cost, know what they own, and offer the first columns of a partial vindex', () => {
    const vschema = build({ commerce, ks: {
      sharded: true,
      vindexes: { multi: { type: 'multicol', params: { column_count: '3' } }, look: { type: 'lookup', owner: 't', params: { write_only: 'true' } }, num: { type: 'numeric' } },
      tables: { t: { columnVindexes: [{ columns: ['a', 'b', 'c'], name: 'multi' }, { column: 'd', name: 'look' }, { column: 'e', name: 'num' }] } },
    } });
    const table = vschema.findTable('ks', 't');
    expect(table.columnVindexes.map(({ name, columns, cost, partial, unique }) => [name, columns.join(), cost, partial, unique])).toEqual([
      ['multi', 'a,b,c', 3, false, true], ['multi', 'a,b', 4, true, false], ['multi', 'a', 5, true, false], ['look', 'd', 20, false, false], ['num', 'e', 0, false, true],
    ]);
    expect(table.ordered.map(({ cost }) => cost)).toEqual([0, 3, 4, 5, 20]);
    expect(table.owned.map(({ name, writeOnly }) => [name, writeOnly])).toEqual([['look', true]]);
  });

  it('read the protobuf as they read JSON', () => {
    const vschema = build({ ks: { sharded: false, foreignKeyMode: 3, multiTenantSpec: { tenantIdColumnName: 'tenant', tenantIdColumnType: 265 }, tables: {
      t: { type: '', columnVindexes: [], columns: [{ name: 'a', type: 6165, invisible: true, default: '', collationName: 'latin1_bin', size: 3, scale: 0, values: [] }], pinned: '', columnListAuthoritative: true, source: '' },
    } } });
    expect(vschema.keyspace('ks')).toMatchObject({ foreignKeyMode: 'managed', multiTenant: { tenantIdColumnName: 'tenant', tenantIdColumnType: 265 } });
    expect(vschema.findTable('ks', 't')).toMatchObject({ columnListAuthoritative: true, columns: [{ name: 'a', type: 6165, invisible: true, default: undefined, collationName: 'latin1_bin', nullable: undefined }] });
  });

  it('work although another table of their keyspace is broken, and the broken one says why', () => {
    const vschema = build({ ks: { sharded: true, vindexes: { h: { type: 'hash' } }, tables: { good: { column_vindexes: [{ column: 'id', name: 'h' }] }, bad: { column_vindexes: [{ column: 'id', name: 'missing' }] } } } });
    expect(vschema.findTable('ks', 'good').columnVindexes).toHaveLength(1);
    expect(failure(() => vschema.findTable('ks', 'bad'))).toBe('1105 vindex missing not found for table bad');
  });

  it('that are references share one name with their source', () => {
    const vschema = build({ main: { tables: { country: {} } }, ks: { sharded: true, tables: { country: { type: 'reference', source: 'main.country' } } } });
    expect(vschema.findTable(undefined, 'country').keyspace.name).toBe('main');
    expect(vschema.findTable('main', 'country').referencedBy.get('ks')?.keyspace.name).toBe('ks');
    const chained = build({ a: { tables: { r: {} } }, b: { sharded: true, tables: { r: { type: 'reference', source: 'a.r' } } }, c: { sharded: true, tables: { r: { type: 'reference', source: 'b.r' } } } });
    expect(chained.keyspace('c').error?.message).toBe('reference chaining is not allowed r => b.r => a.r: r');
  });
});
