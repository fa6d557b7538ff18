import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStatement, printStatement, sameTree, type SqlOptions } from '../../src/sql/index.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { definitionStatements, type Sample } from './definitionStatements.ts';

const optionsFor = (sample: Sample): SqlOptions => ({ dialect: sample[2] === 'mariadb' ? 'mariadb' : 'mysql' });

describe('statements of definition and administration', () => {
  it.each(definitionStatements.map((sample) => [sample[0], sample] as const))('%s', (sql, sample) => {
    const options = optionsFor(sample);
    const tree = parseStatement(sql, options);
    expect(tree.kind).toBe(sample[1]);
    const printed = printStatement(tree);
    const again = parseStatement(printed, options);
    expect(sameTree(tree, again), printed).toBe(true);
    expect(printStatement(again)).toBe(printed);
    expect(parseStatement(Buffer.from(sql), options)).toEqual(tree);
  });

  it('are refused with something behind them, or cut short', () => {
    for (const [sql, , speaker] of definitionStatements) {
      const options: SqlOptions = { dialect: speaker === 'mariadb' ? 'mariadb' : 'mysql' };
      expect(() => parseStatement(`${sql} )`, options), sql).toThrow(/near '/);
    }
  });
});

const ER_PARSE_ERROR = 1064;

describe.each(await flavours())('%s reads the same statements', (flavour) => {
  let server: TestServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startServer({ flavour });
    connection = await server.connect();
    await connection.query('create database d');
    await connection.query('use d');
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  /** PREPARE reads a statement without running it: 1064 means that the server's grammar does not have it. */
  async function reads(sql: string): Promise<boolean> {
    await connection.query('set @q = ?', [sql]);
    try {
      await connection.query('prepare s from @q');
      return true;
    } catch (error) {
      return (error as { errno?: number }).errno !== ER_PARSE_ERROR;
    }
  }

  it('as written and as we print them', async () => {
    for (const sample of definitionStatements) {
      if (sample[2] !== 'both' && sample[2] !== flavour) continue;
      expect(await reads(sample[0]), sample[0]).toBe(true);
      const printed = printStatement(parseStatement(sample[0], optionsFor(sample)));
      expect(await reads(printed), printed).toBe(true);
    }
  });
});
