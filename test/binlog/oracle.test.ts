import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Connection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { BinlogReader } from '../../src/binlog/binlogReader.ts';
import { decodeEvent, type DecodedEvent } from '../../src/binlog/decodeEvent.ts';
import { GtidSet } from '../../src/binlog/gtidSet.ts';
import { printGtid } from '../../src/binlog/gtidState.ts';
import { unpackTransactionPayload } from '../../src/binlog/transactionPayload.ts';
import type { BinlogTransaction } from '../../src/binlog/transactionAssembler.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';

const run = promisify(execFile);

function tool(server: TestServer): string {
  return server.flavour === 'mysql' ? join(dirname(server.binary.path), 'mysqlbinlog') : 'mariadb-binlog';
}

/** Everything that can stand in a binlog, one way or another. */
async function workload(server: TestServer, client: Connection): Promise<void> {
  const mysql = server.flavour === 'mysql';
  const each = async (...statements: readonly string[]) => {
    for (const statement of statements) await client.query(statement);
  };
  await each(
    'CREATE DATABASE t', 'USE t', 'CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(200), j JSON, n DECIMAL(20,5), d DATETIME(6), b LONGBLOB)',
    "INSERT INTO a (v, j, n, d) VALUES ('x', '{\"a\": 1}', 1.5, '2026-01-02 03:04:05.678901'), ('y', '[1,2]', -7, NOW())",
    'BEGIN', "UPDATE a SET v = 'z' WHERE id = 1", 'SAVEPOINT s1', "INSERT INTO a (v) VALUES ('gone')", 'ROLLBACK TO SAVEPOINT s1', "INSERT INTO a (v) VALUES ('r')", 'COMMIT',
    'BEGIN', "INSERT INTO a (v) VALUES ('rolled back')", 'ROLLBACK',
    "XA START 'x1'", "INSERT INTO a (v) VALUES ('xa')", "XA END 'x1'", "XA PREPARE 'x1'", "XA COMMIT 'x1'",
    "XA START 'x2'", "INSERT INTO a (v) VALUES ('xa')", "XA END 'x2'", "XA PREPARE 'x2'", "XA ROLLBACK 'x2'",
    "XA START 'x3'", "INSERT INTO a (v) VALUES ('one phase')", "XA END 'x3'", "XA COMMIT 'x3' ONE PHASE",
    "SET SESSION binlog_format = 'STATEMENT'", 'SET @u = 42', 'INSERT INTO a (v) VALUES (@u)', 'INSERT INTO a (v) VALUES (RAND())', "SET SESSION binlog_format = 'ROW'",
    'CREATE TEMPORARY TABLE tmp (a INT)', 'INSERT INTO tmp VALUES (1)', 'DROP TEMPORARY TABLE tmp', `CREATE TABLE m (a INT PRIMARY KEY) ENGINE=${mysql ? 'MyISAM' : 'Aria'}`, 'INSERT INTO m VALUES (1), (2)', 'CREATE TABLE c AS SELECT * FROM a',
    `INSERT INTO a (b) VALUES (REPEAT('long ', 200000))`, 'CREATE TRIGGER tr BEFORE INSERT ON m FOR EACH ROW SET NEW.a = NEW.a + 100', 'INSERT INTO m VALUES (5)', 'TRUNCATE TABLE c', 'FLUSH BINARY LOGS',
    'DELETE FROM a WHERE id = 1', 'ALTER TABLE a ADD COLUMN extra INT DEFAULT 7', 'ANALYZE TABLE a', "CREATE USER someone@localhost IDENTIFIED BY 'x'", 'DROP TABLE c',
  );
  if (mysql) {
    await each(
      "SET gtid_next = 'AUTOMATIC:some_tag'", "INSERT INTO a (v) VALUES ('tagged')", "INSERT INTO a (v) VALUES ('tagged again')", "SET gtid_next = 'AUTOMATIC'", 'SET binlog_transaction_compression = ON',
      "INSERT INTO a (v, b) VALUES ('packed', REPEAT('pack me ', 5000))", 'BEGIN', 'UPDATE a SET extra = extra + 1', 'DELETE FROM a WHERE id = 2', 'COMMIT', 'SET binlog_transaction_compression = OFF',
      "SET binlog_row_value_options = 'PARTIAL_JSON'", "UPDATE a SET j = JSON_SET(j, '$.a', 2, '$.b', REPEAT('x', 100))", "UPDATE a SET j = JSON_SET(j, '$.a', 3)", "SET binlog_row_value_options = ''",
      "SET gtid_next = '11111111-1111-1111-1111-111111111111:17'", 'BEGIN', 'COMMIT', "SET gtid_next = 'AUTOMATIC'",
    );
  } else {
    await each(
      'SET SESSION gtid_domain_id = 7', "INSERT INTO a (v) VALUES ('other domain')", 'SET SESSION gtid_domain_id = 0', 'SET GLOBAL log_bin_compress = 1, GLOBAL log_bin_compress_min_len = 10',
      "INSERT INTO a (v, b) VALUES ('packed', REPEAT('pack me ', 5000))", 'UPDATE a SET extra = extra + 1', 'CREATE TABLE packed (a INT) COMMENT = \'a statement long enough to be packed, and again: a statement long enough to be packed\'',
      'SET GLOBAL log_bin_compress = 0', 'SET SESSION gtid_seq_no = 5000', "INSERT INTO a (v) VALUES ('a jump')", 'CREATE SEQUENCE sq', 'SELECT NEXTVAL(sq)',
    );
  }
  await each('FLUSH BINARY LOGS');
}

async function files(client: Connection): Promise<string[]> {
  const [base] = await client.query('SELECT @@GLOBAL.log_bin_basename AS base');
  const [logs] = await client.query('SHOW BINARY LOGS');
  const folder = dirname((base as { base: string }[])[0]!.base);
  return (logs as { Log_name: string }[]).map(({ Log_name }) => join(folder, Log_name));
}

interface Oracle { readonly gtid: string; readonly start: number; readonly end: number; readonly immediate: number; readonly original: number; readonly stamp: string }

/** What the flavour's own tool says of the transactions of a file. */
async function oracle(server: TestServer, file: string): Promise<Oracle[]> {
  const { stdout } = await run(tool(server), ['--no-defaults', file], { maxBuffer: 1 << 28 });
  const found: { gtid: string; start: number; end: number; immediate: number; original: number; stamp: string }[] = [];
  let immediate = 0;
  let original = 0;
  let start = 0;
  let stamp = '';
  for (const line of stdout.split('\n')) {
    const at = /^# at (\d+)$/.exec(line);
    if (at) start = Number(at[1]);
    const head = /^#(\d{6} +\d+:\d+:\d+) server id (\d+) +end_log_pos (\d+)/.exec(line);
    if (head) {
      stamp = head[1]!;
      const last = found.at(-1);
      const mariadb = /\tGTID (\d+-\d+-\d+)/.exec(line);
      if (mariadb) found.push({ gtid: mariadb[1]!, start, end: Number(head[3]), immediate: 0, original: 0, stamp });
      else if (last !== undefined && !/\t(Rotate|Stop|Start:|Previous-GTIDs|Gtid list|Binlog checkpoint|GTID\t)/.test(line)) last.end = Math.max(last.end, Number(head[3]));
    }
    const times = /original_committed_timestamp=(\d+)\timmediate_commit_timestamp=(\d+)/.exec(line);
    if (times) {
      original = Number(times[1]);
      immediate = Number(times[2]);
    }
    const next = /^SET @@SESSION.GTID_NEXT= '([^']+)'/.exec(line);
    if (next && next[1] !== 'AUTOMATIC') found.push({ gtid: next[1]!, start, end: 0, immediate, original, stamp });
  }
  return found;
}

for (const flavour of await flavours()) {
  for (const checksum of ['CRC32', 'NONE']) {
    describe(`binlogs of ${flavour} with checksum ${checksum}`, () => {
      it('hold the transactions, times and positions that the binlog tool sees', async () => {
        const server = await startServer({ flavour, options: [`binlog_checksum=${checksum}`, ...(flavour === 'mysql' ? [] : ['gtid_strict_mode=0'])] });
        const client = await server.connect();
        try {
          await workload(server, client);
          const all = await files(client);
          const kinds = new Set<string>();
          const transactionKinds = new Set<string>();
          let count = 0;
          let state = GtidSet.empty;
          for (const file of all) {
            const expected = await oracle(server, file);
            const ours: BinlogTransaction[] = [];
            for await (const transaction of BinlogReader.file(file, { truncated: 'stop' }).transactions()) ours.push(transaction);
            expect(ours.map((t) => printGtid(t.gtid!))).toEqual(expected.map((t) => t.gtid));
            expect(ours.map((t) => t.startPosition)).toEqual(expected.map((t) => t.start));
            // the tool shows no position of an event inside a payload; the next transaction's start is the end
            ours.forEach((t, i) => {
              transactionKinds.add(t.kind);
              if (expected[i]!.end > t.startPosition && flavour === 'mariadb') expect(t.endPosition).toBe(expected[i]!.end);
              expect(t.bytes).toBe(t.endPosition - t.startPosition);
              if (flavour === 'mysql') {
                expect(t.latestMicros).toBe(expected[i]!.immediate);
                expect(t.originalCommitMicros).toBe(expected[i]!.original);
                if (t.gtid?.flavour === 'mysql') state = state.with(t.gtid);
              }
            });
            count += ours.length;
            let lengths = 4;
            for await (const { event, format } of BinlogReader.file(file, { truncated: 'stop' }).entries()) {
              const decoded: DecodedEvent = decodeEvent(event, format);
              kinds.add(decoded.kind);
              lengths += event.length;
              if (decoded.kind === 'transactionPayload') {
                const inner = unpackTransactionPayload(decoded).map((bytes) => decodeEvent(bytes, { ...format, checksum: 'none' }));
                expect(inner[0]).toMatchObject({ kind: 'query' });
                expect(inner.at(-1)).toMatchObject({ kind: 'xid' });
                expect(inner.some((one) => one.kind === 'rows')).toBe(true);
              }
              expect(format.checksum).toBe(checksum === 'NONE' ? 'none' : 'crc32');
              expect(format.flavour).toBe(flavour);
            }
            expect(lengths).toBe((await readFile(file)).length);
          }
          expect(count).toBeGreaterThan(25);
          expect([...transactionKinds].sort()).toEqual(['dml', 'statement', 'xaCommit', 'xaPrepare', 'xaRollback']);
          const everywhere = ['formatDescription', 'intvar', 'query', 'rand', 'rotate', 'rows', 'tableMap', 'userVariable', 'xaPrepare', 'xid'];
          const own = flavour === 'mysql' ? ['mysqlGtid', 'previousGtids', 'transactionPayload'] : ['binlogCheckpoint', 'gtidList', 'mariadbGtid', 'rowsQuery'];
          expect([...kinds].sort()).toEqual([...everywhere, ...own].sort());
          if (flavour === 'mysql') {
            const [rows] = await client.query('SELECT @@GLOBAL.gtid_executed AS state');
            expect(state.toString()).toBe((rows as { state: string }[])[0]!.state.replaceAll('\n', ''));
          }
        } finally {
          await client.end();
        }
      }, 120_000);
    });
  }
}
