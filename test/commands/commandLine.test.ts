import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'vtrewind-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const lines = (text: string) => text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

describe('offline tools', () => {
  it('vindex answers each line in order, and a bad line with its error', async () => {
    const vectors = readFileSync(join(import.meta.dirname, '../fixtures/vindex_vectors.jsonl'), 'utf8').trimEnd().split('\n');
    const answers = lines(await runCli(['vindex', '--jsonl'], `${vectors[0]}\nnot json\n${vectors[2]}\n`));
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatchObject({ ksidHex: (JSON.parse(vectors[0] ?? '') as { ksidHex: string }).ksidHex });
    expect(answers[1]?.['error']).toBeDefined();
    expect(answers[2]).toMatchObject({ ksidHex: (JSON.parse(vectors[2] ?? '') as { ksidHex: string }).ksidHex });
  });

  it('parse prints, normalises and refuses, line by line', async () => {
    const answers = lines(await runCli(['parse', '--jsonl'], '{"sql":"SELECT * FROM t WHERE id IN (1,2)"}\n{"sql":"selec 1"}\n\n{"sql":"insert into t values (1)"}\n'));
    expect(answers[0]).toMatchObject({ ok: true, canonical: 'select * from t where id in (1, 2)' });
    expect(String(answers[0]?.['normalized'])).toContain('::');
    expect(answers[1]).toMatchObject({ ok: false, error: { code: 1064, offset: 0 } });
    expect(answers[2]).toMatchObject({ ok: false });
    expect(answers[3]).toMatchObject({ ok: true });
  });

  it('explain plans against a schema folder and names what it refuses', async () => {
    for (const [name, body] of [['vschemas/v.json', JSON.stringify({ keyspaces: { user: { sharded: true, vindexes: { hash: { type: 'hash' } }, tables: { user: { column_vindexes: [{ column: 'id', name: 'hash' }] } } }, main: { tables: { m: {} } } } })], ['schemas/user.sql', 'create table user (id bigint primary key, name varchar(20));']] as const) {
      const { mkdirSync } = await import('node:fs');
      mkdirSync(join(folder, 'dir', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'dir', name), body);
    }
    const ask = (query: string) => `${JSON.stringify({ query, vschema: 'v.json', defaultKeyspace: 'user', config: {} })}\n`;
    const answers = lines(await runCli(['explain', '--schema-dir', join(folder, 'dir'), '--jsonl'], `${ask('select name from user where id = 5')}${ask('select name from user order by name limit 3')}broken\n${ask('select * from nowhere.t')}`));
    expect(answers[0]).toMatchObject({ plan: { Instructions: { OperatorType: 'Route', Variant: 'EqualUnique', Keyspace: { Name: 'user', Sharded: true }, Vindex: 'hash' } } });
    expect(JSON.stringify(answers[1])).toContain('"Variant":"Scatter"');
    expect(answers[2]?.['error']).toBeDefined();
    expect(answers[3]).toMatchObject({ error: { code: 'VT05003' } });
  });
});

describe('the command line', () => {
  it('teaches: help names the first commands, an unknown command says so', async () => {
    expect(await runCli(['--help'])).toContain('vtrewind demo');
    await expect(runCli(['frobnicate'])).rejects.toThrow(/unknown command 'frobnicate'/);
    await expect(runCli(['CreateKeyspace', '--type=SNAPSHOT', '--snapshot-timestamp=yesterday', 'x'])).rejects.toThrow(/incorrect time 'yesterday'[\s\S]*RFC 3339/);
  });

  it('takes flags from the command line, then the environment, then the YAML file', async () => {
    const file = join(folder, 'control.yaml');
    writeFileSync(file, 'grpc_address: 127.0.0.1:1\nno_such_flag: 1\n');
    await expect(runCli(['control', '--config-file', file])).rejects.toThrow(/'no_such_flag' is no flag of vtrewind control/);
    writeFileSync(file, 'topo-implementation: zookeeper\n');
    await expect(runCli(['control', '--config-file', file])).rejects.toThrow(/no topology implementation 'zookeeper'/);
    process.env.VTREWIND_TOPO_IMPLEMENTATION = 'consul';
    try {
      await expect(runCli(['control', '--config-file', file])).rejects.toThrow(/'consul'/);
      await expect(runCli(['control', '--config-file', file, '-topo_implementation', 'chubby'])).rejects.toThrow(/'chubby'/);
    } finally {
      delete process.env.VTREWIND_TOPO_IMPLEMENTATION;
    }
  });

  it.runIf(existsSync('dist/sql/index.js'))('offers its SQL, vschema and planner as a library', async () => {
    const { spawnSync } = await import('node:child_process');
    const program = "const [s,v,p]=await Promise.all(['sql','vschema','planner'].map((n)=>import('vtrewind/'+n)));console.log(typeof s.parseStatement,typeof s.printStatement,typeof v.buildVSchema,typeof p.planStatement)";
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stdout.trim()).toBe('function function function function');
  });
});
