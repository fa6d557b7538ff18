import { GtidSet } from '../binlog/gtidSet.ts';
import { MariadbGtidPosition } from '../binlog/mariadbGtid.ts';
import type { Flavour } from '../mysqld/serverBinary.ts';

/** How many transactions lie between two positions; for progress and estimates (MariaDB's sequences may have holes). 0 when `to` is behind. */
export function gtidDistance(flavour: Flavour, from: string, to: string): number {
  if (flavour === 'mysql') return Number(GtidSet.parse(to).subtract(GtidSet.parse(from)).count);
  const start = MariadbGtidPosition.parse(from);
  let total = 0n;
  for (const gtid of MariadbGtidPosition.parse(to).gtids()) {
    const done = start.domain(gtid.domain)?.sequence ?? 0n;
    if (gtid.sequence > done) total += gtid.sequence - done;
  }
  return Number(total);
}
