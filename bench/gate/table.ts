import { createConnection } from 'mysql2/promise';

/** sysbench's oltp_point_select reads this table by this statement; the name and the columns are its own. */
export const DATABASE = 'bench';
export const TABLE = 'sbtest1';
export const SCHEMA = `create table ${TABLE} (id int not null primary key, k int not null, c char(120) not null, pad char(60) not null);\n`;
export const VSCHEMA = { sharded: true, vindexes: { xxhash: { type: 'xxhash' } }, tables: { [TABLE]: { column_vindexes: [{ column: 'id', name: 'xxhash' }] } } } as const;

export function pointSelect(id: number): string {
  return `SELECT c FROM ${TABLE} WHERE id=${id}`;
}

const ROWS_AT_ONCE = 500;

/** Fills the table with ids from 1 to `rows`, the same texts on every target. */
export async function fillTable(port: number, rows: number): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database: DATABASE });
  try {
    for (let from = 1; from <= rows; from += ROWS_AT_ONCE) {
      const values: string[] = [];
      for (let id = from; id < Math.min(from + ROWS_AT_ONCE, rows + 1); id++) values.push(`(${id}, ${(id * 7919) % rows}, '${text(id, 119)}', '${text(id + rows, 59)}')`);
      await connection.query(`INSERT INTO ${TABLE} (id, k, c, pad) VALUES ${values.join()}`);
    }
  } finally {
    await connection.end();
  }
}

/** Every target must give the same answers: a fast wrong one is worth nothing. Throws at the first that differs. */
export async function checkAnswers(name: string, port: number, rows: number): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database: DATABASE });
  try {
    for (let i = 0; i < 50; i++) {
      const id = 1 + ((i * 104_729) % rows);
      const [found] = await connection.query(pointSelect(id));
      const wanted = JSON.stringify([{ c: text(id, 119) }]);
      if (JSON.stringify(found) !== wanted) throw new Error(`${name} answered ${JSON.stringify(found)} for id ${id}; expected ${wanted}`);
    }
  } finally {
    await connection.end();
  }
}

function text(seed: number, length: number): string {
  let state = seed;
  let out = '';
  while (out.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    out += `${String(state).padStart(11, '0')}-`;
  }
  return out.slice(0, length);
}
