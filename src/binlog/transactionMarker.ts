/**
 * What a commit over several shards leaves in each participant's binlog: the last statement before its COMMIT is a SAVEPOINT with a name of this form. Both flavours
 * log a savepoint inside a transaction that changed something, in row format too, and neither logs one in a transaction that changed nothing (tried on MariaDB 10.11 and
 * MySQL 9.7); it needs no table and no privilege, writes no row, and replicas and replays run it without effect.
 */
export interface TransactionMarker {
  /** The distributed transaction's id, the same in all its participants: 26 hexadecimal digits. */
  readonly id: string;
  /** 0-based place of this participant in the commit order. */
  readonly index: number;
  /** Shards in the transaction; those that changed nothing have no marker. At least 2. */
  readonly count: number;
}

const PREFIX = 'vtrewind_dt_';
const NAME = /^vtrewind_dt_([0-9a-f]{26})_(\d{1,5})_(\d{1,5})$/;
const STATEMENT = /^savepoint\s+`([^`]*)`\s*$/i;

/** The savepoint's name; at most 50 of the 64 characters that a name may have. */
export function markerName({ id, index, count }: TransactionMarker): string {
  return `${PREFIX}${id}_${index}_${count}`;
}

/** The marker in the text of a binlog's query event; undefined for every other statement. */
export function readMarker(statement: string): TransactionMarker | undefined {
  const name = STATEMENT.exec(statement)?.[1];
  const parts = name === undefined ? null : NAME.exec(name);
  if (parts === null) return undefined;
  const [, id = '', index = '', count = ''] = parts;
  return { id, index: Number(index), count: Number(count) };
}
