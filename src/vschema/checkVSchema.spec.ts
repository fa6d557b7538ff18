import { describe, expect, it } from 'vitest';
import { checkKeyspaceVSchema, checkRoutingRules } from './checkVSchema.ts';

const hash = { h: { type: 'hash' } };

describe('checkKeyspaceVSchema', () => {
  const wrong: readonly [string, object | string, string][] = [
    ['no JSON', '{"sharded":', 'not JSON'],
    ['a list', '[]', 'vschema: expected an object, found a list'],
    ['a flag that is text', { sharded: 'yes' }, 'sharded: expected true or false, found string'],
    ['an unknown field', { sharded: true, tabels: {} }, 'tabels: unknown field "tabels"'],
    ['an unknown field deep inside', { tables: { t: { columns: [{ name: 'a', tpye: 'INT64' }] } } }, 'tables.t.columns[0].tpye: unknown field "tpye"'],
    ['an unknown column type', { tables: { t: { columns: [{ name: 'a', type: 'NUMBER' }] } } }, 'tables.t.columns[0].type: unknown value "NUMBER" for enum query.Type'],
    ['an unknown foreign key mode', { foreign_key_mode: 'sometimes' }, 'foreignKeyMode: unknown value "sometimes" for enum ForeignKeyMode'],
    ['an unknown vindex type', { sharded: true, vindexes: { v: { type: 'hsah' } } }, 'vindexes.v: vindexType "hsah" not found'],
    ['bad vindex parameters', { sharded: true, vindexes: { v: { type: 'region_experimental' } } }, 'vindexes.v: region_experimental missing region_bytes param'],
    ['an unknown vindex', { sharded: true, tables: { t: { column_vindexes: [{ column: 'a', name: 'v' }] } } }, 'tables.t.columnVindexes[0]: vindex v not found for table t'],
    ['a sharded table without vindexes', { sharded: true, tables: { t: {} } }, 'tables.t: missing primary col vindex for table: t'],
    ['a sequence in a sharded keyspace', { sharded: true, tables: { s: { type: 'sequence' } } }, 'tables.s: sequence table has to be in an unsharded keyspace or must be pinned: s'],
    ['an unknown table type', { tables: { t: { type: 'view' } } }, 'tables.t.type: unidentified table type view'],
    ['a pin that is no hexadecimal', { sharded: true, tables: { t: { pinned: 'xyz' } } }, 'tables.t.pinned: could not decode the keyspace id for pin: xyz'],
    ['a column twice', { tables: { t: { columns: [{ name: 'a' }, { name: 'A' }] } } }, "tables.t.columns[1]: duplicate column name 'A' for table: t"],
    ['column and columns', { sharded: true, vindexes: hash, tables: { t: { column_vindexes: [{ column: 'a', columns: ['a'], name: 'h' }] } } }, "tables.t.columnVindexes[0]: can't use column and columns at the same time in vindex (h) and table (t)"],
    ['no column', { sharded: true, vindexes: hash, tables: { t: { column_vindexes: [{ name: 'h' }] } } }, 'tables.t.columnVindexes[0]: must specify at least one column for vindex (h) and table (t)'],
    ['a primary vindex that is not unique', { sharded: true, vindexes: { l: { type: 'lookup' } }, tables: { t: { column_vindexes: [{ column: 'a', name: 'l' }] } } }, 'tables.t.columnVindexes[0]: primary vindex l is not Unique for table t'],
    ['an owned primary vindex', { sharded: true, vindexes: { l: { type: 'lookup_unique', owner: 't' } }, tables: { t: { column_vindexes: [{ column: 'a', name: 'l' }] } } }, 'tables.t.columnVindexes[0]: primary vindex l cannot be owned for table t'],
  ];
  for (const [what, source, message] of wrong) {
    it(`refuses ${what} and names the place`, () => {
      expect(() => checkKeyspaceVSchema(source)).toThrow(message);
    });
  }

  it('takes what Vitess takes, in either spelling, and warns of parameters nobody reads', () => {
    const { definition, warnings } = checkKeyspaceVSchema(JSON.stringify({ sharded: true, vindexes: { h: { type: 'hash', params: { sead: '1' } } }, tables: { t: { column_vindexes: [{ column: 'id', name: 'h' }] } } }));
    expect(definition.tables.get('t')?.columnVindexes).toEqual([{ column: 'id', name: 'h', columns: [] }]);
    expect(warnings).toEqual(["vindex 'h' (hash) has unknown params: sead"]);
    expect(checkKeyspaceVSchema({ tabels: {} }, { allowUnknownFields: true }).warnings).toEqual([]);
  });
});

describe('checkRoutingRules', () => {
  it('refuses a rule to a keyspace there is not', () => {
    const srvVSchema = { keyspaces: { a: {} } };
    expect(() => checkRoutingRules({ rules: [{ from_table: 't', to_tables: ['b.t'] }] }, srvVSchema)).toThrow("rule for t: VT05003: unknown database 'b' in vschema");
    expect(() => checkRoutingRules('{"rules":[{"from_table":"t","to_tables":["a.t"]}]}', srvVSchema)).not.toThrow();
    expect(() => checkRoutingRules({ rules: [{ from: 't' }] }, srvVSchema)).toThrow('routingRules.rules[0].from: unknown field');
  });
});
