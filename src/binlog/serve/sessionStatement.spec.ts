import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSessionStatement } from './sessionStatement.ts';

describe('statements of replicas and binlog tools', () => {
  it.each([
    ['SELECT UNIX_TIMESTAMP()', { type: 'select', columns: [{ expression: { type: 'call', name: 'unix_timestamp', args: [] }, name: 'UNIX_TIMESTAMP()' }] }],
    ['SELECT @@GLOBAL.SERVER_ID', { type: 'select', columns: [{ expression: { type: 'system', name: 'server_id' }, name: '@@GLOBAL.SERVER_ID' }] }],
    ['select @@version_comment limit 1', { type: 'select', columns: [{ expression: { type: 'system', name: 'version_comment' }, name: '@@version_comment' }] }],
    ['SELECT @source_binlog_checksum AS c', { type: 'select', columns: [{ expression: { type: 'user', name: 'source_binlog_checksum' }, name: 'c' }] }],
    ["SET @slave_connect_state='0-1-5,7-2-9'", { type: 'set', assignments: [{ user: true, name: 'slave_connect_state', value: { type: 'literal', value: '0-1-5,7-2-9' } }] }],
    ['SET @master_heartbeat_period= 30000001024, @source_heartbeat_period = 30000001024', {
      type: 'set', assignments: ['master_heartbeat_period', 'source_heartbeat_period'].map((name) => ({ user: true, name, value: { type: 'literal', value: '30000001024' } })),
    }],
    ['SET @source_binlog_checksum = @@global.binlog_checksum', { type: 'set', assignments: [{ user: true, name: 'source_binlog_checksum', value: { type: 'system', name: 'binlog_checksum' } }] }],
    ['SET NAMES utf8mb4', { type: 'set', assignments: [] }],
    ["SHOW VARIABLES LIKE 'SERVER_ID'", { type: 'show', what: 'variables', like: 'server_id' }],
    ['SHOW BINARY LOGS', { type: 'show', what: 'binaryLogs' }],
    ['SHOW MASTER LOGS;', { type: 'show', what: 'binaryLogs' }],
    ['SHOW BINARY LOG STATUS', { type: 'show', what: 'binlogStatus' }],
    ['SHOW BINLOG STATUS', { type: 'show', what: 'binlogStatus' }],
    ["PURGE BINARY LOGS BEFORE '2026-01-01'", { type: 'purge' }],
    ["SELECT vtrewind_find_cut('{\"it''s\": \"x\\\\\"}')", { type: 'select', columns: [{ expression: { type: 'call', name: 'vtrewind_find_cut', args: [{ type: 'literal', value: '{"it\'s": "x\\"}' }] }, name: "vtrewind_find_cut('{\"it''s\": \"x\\\\\"}')" }] }],
    ['  ', { type: 'nothing' }],
  ])('%s', (sql, expected) => {
    expect(parseSessionStatement(sql)).toEqual(expected);
  });

  it.each(['SELECT 1 FROM t', 'INSERT INTO t VALUES (1)', 'SELECT (1)', 'SET x', 'SHOW TABLES', "SELECT 'open", 'SELECT @@a @@b', `SELECT '${'x'.repeat(70_000)}'`])('refuses what is no business of a binlog server: %.40s', (sql) => {
    expect(() => parseSessionStatement(sql)).toThrowError(expect.objectContaining({ code: 'VTR1215', mysql: 1235 }));
  });

  it('ends on any text, with a statement or that refusal', () => {
    fc.assert(fc.property(fc.string({ maxLength: 80 }), (text) => {
      try {
        parseSessionStatement(`SELECT ${text}`);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VTR1215' });
      }
    }));
  });
});
