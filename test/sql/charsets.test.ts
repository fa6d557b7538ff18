import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalize, parseStatement, settingsOf, SqlSyntaxError } from '../../src/sql/index.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { dice } from './mutate.ts';

const ROUNDS = process.env.VTREWIND_TEST === 'long' ? 3000 : 150;
/** Bytes that are quotes, backslashes, lead and trail bytes of the multi-byte sets, and plain ones. */
const interesting = [0x27, 0x27, 0x5c, 0x5c, 0x60, 0x22, 0x41, 0x30, 0x40, 0x7f, 0x80, 0x81, 0x95, 0xa1, 0xa4, 0xbf, 0xd5, 0xe0, 0xf9, 0xfc, 0xfe, 0xff, 0x20];

describe.each(await flavours())('where strings end, on %s', (flavour) => {
  let server: TestServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startServer({ flavour });
    connection = await server.connect();
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  const charsets = ['gbk', 'big5', 'sjis', 'cp932', 'utf8mb4', 'latin1', 'euckr', 'gb2312', 'ujis', ...(flavour === 'mysql' ? ['gb18030'] : [])];

  it.each(charsets)('%s: we and the server agree, whatever the bytes', async (charset) => {
    const seed = Number(process.env.VTREWIND_SEED ?? (process.env.VTREWIND_TEST === 'long' ? Date.now() % 1_000_000_007 : 20_261_121));
    const roll = dice(seed);
    const settings = settingsOf({ charset, dialect: flavour });
    await connection.query(`set names ${charset}`);
    for (let round = 0; round < ROUNDS; round++) {
      const body = Buffer.from(Array.from({ length: roll(10) }, () => interesting[roll(interesting.length)]!));
      // If the string ends early, what is left over is a syntax error; so it is when it does not end at all.
      const sql = Buffer.concat([Buffer.from("select 1 from (select 1) t where 'a' = '"), body, Buffer.from("' and 1 = 1")]);
      // The statement's bytes go over as hex, marked as being in the character set already.
      await connection.query({ sql: `set @q = _binary x'${sql.toString('hex')}'` });
      let server: boolean;
      try {
        await connection.query('prepare s from @q');
        server = true;
      } catch (error) {
        const { errno } = error as { errno?: number };
        // 1300: the server checks that text is well-formed, after it has found where it ends.
        server = errno !== 1064;
      }
      const what = `seed ${seed}: ${sql.toString('hex')}`;
      let ours = true;
      try {
        parseStatement(sql, settings);
      } catch (error) {
        expect(error, what).toBeInstanceOf(SqlSyntaxError);
        ours = false;
      }
      expect(ours, what).toBe(server);
      if (ours) expect(normalize(sql, settings).kind, what).toBe('select');
    }
  });
});
