import type { Random } from './random.ts';
import { tables, type ColumnSpec, type TableSpec } from './schema.ts';

/** Texts with ties under the collations: case, accents, trailing spaces. All of one length per fold, so that LENGTH of a tie is the same. */
export const texts = ['Ann', 'ann', 'bob', 'Bob', 'Cid', 'zoe', 'Zoe', 'x', 'X', '', 'tea', 'Tea', 'a%b', 'a_b', '10', '9', "o'k", '1.5x', 'Mid'];
const accented = ['Åsa', 'Asa', 'été', 'ete'];
export const words = ['alpha', 'Beta', 'gamma', 'delta', 'Alpha', 'omega'];
const padded = ['bob ', 'x '];

/** One value as a SQL literal. */
export function literalFor(column: ColumnSpec, row: number, random: Random): string {
  if (column.notNull !== true && random.chance(15)) return 'null';
  switch (column.kind) {
    case 'int': return String(column.name === 'tiny' ? random.between(-5, 5) : column.name === 'region' ? random.between(0, 5) : column.name.endsWith('_id') ? random.between(1, 45) : random.between(-20, 60));
    case 'unsigned': return column.name === 'big' || column.name === 'people' ? random.pick(['0', '1', '7', '4294967296', '9007199254740993', '1000000']) : String(random.between(0, 40));
    case 'decimal': return column.name === 'rate' ? random.pick(['0.5', '1.0000', '1.2345', '2']) : `${random.chance(20) ? '-' : ''}${random.between(0, 99)}.${random.pick(['00', '50', '25', '10', '05', '99'])}`;
    case 'double': return random.pick(['0', '0.5', '-1.25', '2.75', '10', '3.5', '100.125', '-0.5']);
    case 'text': return quote(textFor(column, row, random));
    case 'binary': return `x'${random.pick(['00', '00ff', '61', '41', '6162', 'ff', '', 'c3a9'])}'`;
    case 'date': return `'${random.between(1995, 2024)}-${two(random.between(1, 12))}-${two(random.between(1, 28))}'`;
    case 'datetime': return `'${random.between(2001, 2024)}-${two(random.between(1, 12))}-${two(random.between(1, 28))} ${two(random.between(4, 23))}:${two(random.between(0, 59))}:00${column.name === 'seen' ? random.pick(['', '.5', '.123456', '.000001']) : ''}'`;
    case 'time': return random.pick(["'08:30:00'", "'-01:00:00'", "'23:59:59'", "'100:00:00'", "'00:00:00'"]);
    case 'year': return String(random.between(1990, 2024));
    case 'json': return random.pick([`'{"a": ${random.between(1, 5)}, "b": [1, 2, ${random.between(3, 9)}]}'`, `'[${random.between(1, 4)}, "x", null]'`, "'7'", `'"text"'`, `'{"a": null, "c": {"d": 1.5}}'`]);
    case 'enum': return quote(random.pick(column.name === 'grade' ? ['low', 'Mid', 'high'] : ['north', 'south']));
    case 'set': return quote(random.some(['a', 'b', 'c', 'd'], 0, 3).join(','));
    case 'bit': return `b'${random.between(0, 63).toString(2)}'`;
    default: return column.kind satisfies never;
  }
}

function textFor(column: ColumnSpec, row: number, random: Random): string {
  switch (column.name) {
    case 'email': return `u${row}@x.org`;
    case 'sku': return `${random.pick(['K', 'k', 's'])}${row}`;
    case 'word': return random.pick([...words, 'x', 'Ann']);
    case 'currency': return random.pick(['EUR', 'usd', 'USD', 'chf']);
    case 'code': return random.pick(['A1', 'a1', 'B2', 'C3', 'zz']);
    case 'ft':
    case 'body': return `${random.pick(words)} ${random.pick(words)} ${random.pick(words)}`;
    case 'status': return random.pick(['new', 'paid', 'Paid', 'sent', 'NEW']);
    case 'latin': return random.pick([...texts.slice(0, 9), 'Asa']);
    case 'name':
    case 'nick': return random.pick([...texts, ...accented, ...padded]);
    default: return random.pick(texts);
  }
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** All rows of all tables: the same seed gives the same rows. */
export function rowsOf(random: Random): Map<TableSpec, string[]> {
  const all = new Map<TableSpec, string[]>();
  for (const table of tables) {
    const rows: string[] = [];
    const keys = new Set<string>();
    for (let row = 1; rows.length < table.rows; row++) {
      const values = table.columns.map((c) => {
        if (table.primaryKey.length === 1 && c.name === table.primaryKey[0] && c.kind === 'int') return String(row);
        if (c.name === 'oid' || (table.name === 'words' && c.name === 'n')) return String(row);
        return literalFor(c, row, random);
      });
      const key = table.primaryKey.map((name) => values[table.columns.findIndex((c) => c.name === name)]).join();
      if (keys.has(key)) continue;
      keys.add(key);
      rows.push(`(${values.join(', ')})`);
    }
    all.set(table, rows);
  }
  return all;
}
