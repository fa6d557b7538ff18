import type { Connection, RowDataPacket } from 'mysql2/promise';

export interface SchemaChanges {
  readonly tables: readonly string[];
  readonly views: readonly string[];
}

/** Tells which tables and views of one database changed since it was last asked: made, altered or dropped, by whatever way. */
export class SchemaChangeDetector {
  readonly #database: string;
  #known: Map<string, string> | undefined;

  constructor(database: string) {
    this.#database = database;
  }

  /** The first answer is empty: nothing is known to have changed. MySQL 9.7 has no MD5() of its own any more. */
  async changes(session: Connection): Promise<SchemaChanges> {
    const [found] = await session.query<RowDataPacket[]>(
      `SELECT t.table_name AS n, t.table_type AS k, COUNT(c.column_name) AS c,
         BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|', c.ordinal_position, c.column_name, c.column_type, c.is_nullable, c.collation_name, c.column_default, c.column_key, c.extra), 256), 15), 16, 10) AS UNSIGNED)) AS h
       FROM information_schema.tables t LEFT JOIN information_schema.columns c ON c.table_schema = t.table_schema AND c.table_name = t.table_name
       WHERE t.table_schema = ? GROUP BY t.table_name, t.table_type`,
      [this.#database],
    );
    const now = new Map(found.map((row) => [`${row.k === 'VIEW' ? 'v' : 't'}${String(row.n)}`, `${String(row.c)}:${String(row.h)}`]));
    const before = this.#known;
    this.#known = now;
    if (before === undefined) return { tables: [], views: [] };
    const changed = [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name));
    return { tables: changed.filter((n) => n.startsWith('t')).map((n) => n.slice(1)), views: changed.filter((n) => n.startsWith('v')).map((n) => n.slice(1)) };
  }
}
