import type { Flavour } from './formatDescription.ts';
import { GtidSet, type MysqlGtid, parseMysqlGtid, printMysqlGtid } from './gtidSet.ts';
import { MariadbGtidPosition, type MariadbGtid, parseMariadbGtid, printMariadbGtid } from './mariadbGtid.ts';

/** A transaction's identity in either flavour. */
export type Gtid = ({ readonly flavour: 'mysql' } & MysqlGtid) | ({ readonly flavour: 'mariadb' } & MariadbGtid);

export function printGtid(gtid: Gtid): string {
  return gtid.flavour === 'mysql' ? printMysqlGtid(gtid) : printMariadbGtid(gtid);
}

/** Throws VTR1202. */
export function parseGtid(flavour: Flavour, text: string): Gtid {
  return flavour === 'mysql' ? { flavour, ...parseMysqlGtid(text) } : { flavour, ...parseMariadbGtid(text) };
}

/** What a server has executed, in either flavour; immutable. `toString` is what the server itself would print (without line breaks). */
export interface GtidState {
  readonly flavour: Flavour;
  readonly isEmpty: boolean;
  contains(gtid: Gtid): boolean;
  containsAll(other: GtidState): boolean;
  with(gtid: Gtid): GtidState;
  union(other: GtidState): GtidState;
  subtract(other: GtidState): GtidState;
  equals(other: GtidState): boolean;
  toString(): string;
}

export class MysqlGtidState implements GtidState {
  readonly flavour = 'mysql' as const;
  readonly set: GtidSet;
  constructor(set: GtidSet) { this.set = set; }
  get isEmpty(): boolean { return this.set.isEmpty; }
  contains(gtid: Gtid): boolean { return this.set.contains(mysqlOnly(gtid)); }
  containsAll(other: GtidState): boolean { return this.set.containsAll(mysqlSet(other)); }
  with(gtid: Gtid): MysqlGtidState { return new MysqlGtidState(this.set.with(mysqlOnly(gtid))); }
  union(other: GtidState): MysqlGtidState { return new MysqlGtidState(this.set.union(mysqlSet(other))); }
  subtract(other: GtidState): MysqlGtidState { return new MysqlGtidState(this.set.subtract(mysqlSet(other))); }
  equals(other: GtidState): boolean { return this.set.equals(mysqlSet(other)); }
  toString(): string { return this.set.toString(); }
  toJSON(): string { return this.set.toString(); }
}

export class MariadbGtidState implements GtidState {
  readonly flavour = 'mariadb' as const;
  readonly position: MariadbGtidPosition;
  constructor(position: MariadbGtidPosition) { this.position = position; }
  get isEmpty(): boolean { return this.position.isEmpty; }
  contains(gtid: Gtid): boolean { return this.position.contains(mariadbOnly(gtid)); }
  containsAll(other: GtidState): boolean { return this.position.containsAll(mariadbPosition(other)); }
  with(gtid: Gtid): MariadbGtidState { return new MariadbGtidState(this.position.with(mariadbOnly(gtid))); }
  union(other: GtidState): MariadbGtidState { return new MariadbGtidState(this.position.union(mariadbPosition(other))); }
  subtract(other: GtidState): MariadbGtidState { return new MariadbGtidState(this.position.subtract(mariadbPosition(other))); }
  equals(other: GtidState): boolean { return this.position.equals(mariadbPosition(other)); }
  toString(): string { return this.position.toString(); }
  toJSON(): string { return this.position.toString(); }
}

/** Throws VTR1202. */
export function parseGtidState(flavour: Flavour, text: string): GtidState {
  return flavour === 'mysql' ? new MysqlGtidState(GtidSet.parse(text)) : new MariadbGtidState(MariadbGtidPosition.parse(text));
}

function mysqlOnly(gtid: Gtid): MysqlGtid {
  if (gtid.flavour !== 'mysql') throw new TypeError('a MariaDB GTID in a MySQL set');
  return gtid;
}
function mariadbOnly(gtid: Gtid): MariadbGtid {
  if (gtid.flavour !== 'mariadb') throw new TypeError('a MySQL GTID in a MariaDB position');
  return { domain: gtid.domain, server: gtid.server, sequence: gtid.sequence };
}
/** The MySQL set within; a TypeError for the other flavour. */
export function mysqlSet(state: GtidState): GtidSet {
  if (!(state instanceof MysqlGtidState)) throw new TypeError('a MariaDB position where a MySQL set is wanted');
  return state.set;
}
/** The MariaDB position within; a TypeError for the other flavour. */
export function mariadbPosition(state: GtidState): MariadbGtidPosition {
  if (!(state instanceof MariadbGtidState)) throw new TypeError('a MySQL set where a MariaDB position is wanted');
  return state.position;
}
