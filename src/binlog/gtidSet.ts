import { malformedGtid } from './binlogError.ts';
import { ByteCursor, encodeVarUint } from './byteCursor.ts';

/** One MySQL GTID. `tsid` is the source UUID in lower case, with `:tag` behind it when the transaction is tagged (MySQL 8.3 and later). */
export interface MysqlGtid {
  readonly tsid: string;
  readonly gno: bigint;
}

/** Inclusive on both ends, sorted, neither touching nor overlapping. */
type Intervals = readonly (readonly [bigint, bigint])[];

const maxGno = 0x7fff_ffff_ffff_fffen;
const uuidPattern = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;
const tagPattern = /^[a-z_][a-z0-9_]{0,31}$/;
const intervalPattern = /^(\d{1,19})(?:-(\d{1,19}))?$/;

/** Prints a GTID as MySQL does: `uuid:7` or `uuid:tag:7`. */
export function printMysqlGtid(gtid: MysqlGtid): string {
  return `${gtid.tsid}:${gtid.gno}`;
}

/** Parses one GTID (`uuid:7`, `uuid:tag:7`). Throws VTR1202. */
export function parseMysqlGtid(text: string): MysqlGtid {
  const set = GtidSet.parse(text);
  const only = set.single();
  if (only === undefined) throw malformedGtid(text, 'exactly one transaction is wanted');
  return only;
}

/**
 * A set of MySQL GTIDs, immutable. Text and binary forms are those of the server (with tags: format 1 of the binary form, MySQL 8.3 and later; without: the
 * old one), so that what is printed here equals `@@gtid_executed` without its line breaks.
 */
export class GtidSet {
  static readonly empty: GtidSet = new GtidSet(new Map());
  readonly #parts: ReadonlyMap<string, Intervals>;

  private constructor(parts: ReadonlyMap<string, Intervals>) {
    this.#parts = parts;
  }

  /** Accepts what MySQL accepts (white space, upper case, UUIDs without dashes or in braces, intervals in any order), but not a UUID or tag that nothing follows. Throws VTR1202. */
  static parse(text: string): GtidSet {
    const parts = new Map<string, (readonly [bigint, bigint])[]>();
    for (const piece of text.split(',')) {
      const fields = piece.trim().toLowerCase().split(':').map((field) => field.trim());
      if (fields.length === 1 && fields[0] === '') continue;
      const m = uuidPattern.exec(fields[0] ?? '');
      if (!m) throw malformedGtid(text, `'${fields[0]}' is no UUID`);
      const uuid = `${m[1]}-${m[2]}-${m[3]}-${m[4]}-${m[5]}`;
      if (fields.length === 1) throw malformedGtid(text, 'a UUID without an interval');
      let tsid = uuid;
      let afterTag = false;
      for (const field of fields.slice(1)) {
        const interval = intervalPattern.exec(field);
        if (interval) {
          afterTag = false;
          const start = BigInt(interval[1] ?? '');
          const end = interval[2] === undefined ? start : BigInt(interval[2]);
          if (start < 1n || start > maxGno || end > maxGno) throw malformedGtid(text, `interval ${field} is outside 1-${maxGno}`);
          if (end < start) continue;
          const list = parts.get(tsid);
          if (list) list.push([start, end]);
          else parts.set(tsid, [[start, end]]);
        } else if (tagPattern.test(field)) {
          if (afterTag) throw malformedGtid(text, `tag '${field}' follows another tag`);
          afterTag = true;
          tsid = `${uuid}:${field}`;
        } else {
          throw malformedGtid(text, `'${field}' is neither an interval nor a tag`);
        }
      }
      if (afterTag) throw malformedGtid(text, 'a tag without an interval');
    }
    return GtidSet.fromUnsorted(parts);
  }

  static of(...gtids: readonly MysqlGtid[]): GtidSet {
    const parts = new Map<string, (readonly [bigint, bigint])[]>();
    for (const { tsid, gno } of gtids) {
      const list = parts.get(tsid);
      if (list) list.push([gno, gno]);
      else parts.set(tsid, [[gno, gno]]);
    }
    return GtidSet.fromUnsorted(parts);
  }

  private static fromUnsorted(parts: ReadonlyMap<string, (readonly [bigint, bigint])[]>): GtidSet {
    const sorted = new Map<string, Intervals>();
    for (const tsid of [...parts.keys()].sort()) {
      const merged = normalize(parts.get(tsid) ?? []);
      if (merged.length > 0) sorted.set(tsid, merged);
    }
    return new GtidSet(sorted);
  }

  get isEmpty(): boolean { return this.#parts.size === 0; }

  /** How many transactions. */
  get count(): bigint {
    let total = 0n;
    for (const intervals of this.#parts.values()) for (const [start, end] of intervals) total += end - start + 1n;
    return total;
  }

  get hasTags(): boolean {
    for (const tsid of this.#parts.keys()) if (tsid.length > 36) return true;
    return false;
  }

  /** The UUIDs (without tags) that occur. */
  uuids(): readonly string[] {
    return [...new Set([...this.#parts.keys()].map((tsid) => tsid.slice(0, 36)))];
  }

  /** The one member of a set of one. */
  single(): MysqlGtid | undefined {
    if (this.#parts.size !== 1) return undefined;
    for (const [tsid, intervals] of this.#parts) {
      const only = intervals[0];
      if (intervals.length === 1 && only !== undefined && only[0] === only[1]) return { tsid, gno: only[0] };
    }
    return undefined;
  }

  contains(gtid: MysqlGtid): boolean {
    const intervals = this.#parts.get(gtid.tsid);
    if (intervals === undefined) return false;
    let low = 0;
    let high = intervals.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [start, end] = intervals[middle] as readonly [bigint, bigint];
      if (gtid.gno < start) high = middle - 1;
      else if (gtid.gno > end) low = middle + 1;
      else return true;
    }
    return false;
  }

  containsAll(other: GtidSet): boolean { return other.subtract(this).isEmpty; }
  equals(other: GtidSet): boolean { return this.toString() === other.toString(); }

  /** This set and one transaction more. Cheap when it follows the last one of its source. */
  with(gtid: MysqlGtid): GtidSet {
    const intervals = this.#parts.get(gtid.tsid);
    if (intervals === undefined) return this.union(GtidSet.of(gtid));
    const last = intervals[intervals.length - 1] as readonly [bigint, bigint];
    if (gtid.gno !== last[1] + 1n) return this.contains(gtid) ? this : this.union(GtidSet.of(gtid));
    const parts = new Map(this.#parts);
    parts.set(gtid.tsid, [...intervals.slice(0, -1), [last[0], gtid.gno]]);
    return new GtidSet(parts);
  }

  union(other: GtidSet): GtidSet {
    const parts = new Map<string, (readonly [bigint, bigint])[]>();
    for (const source of [this.#parts, other.#parts]) {
      for (const [tsid, intervals] of source) parts.set(tsid, [...(parts.get(tsid) ?? []), ...intervals]);
    }
    return GtidSet.fromUnsorted(parts);
  }

  subtract(other: GtidSet): GtidSet {
    const parts = new Map<string, Intervals>();
    for (const [tsid, intervals] of this.#parts) {
      const away = other.#parts.get(tsid);
      const left = away === undefined ? intervals : subtractIntervals(intervals, away);
      if (left.length > 0) parts.set(tsid, left);
    }
    return new GtidSet(parts);
  }

  intersect(other: GtidSet): GtidSet { return this.subtract(this.subtract(other)); }

  /** Canonical text: UUIDs and tags sorted, `,` between UUIDs without a line break. */
  toString(): string {
    let text = '';
    let lastUuid = '';
    for (const [tsid, intervals] of this.#parts) {
      const uuid = tsid.slice(0, 36);
      if (uuid !== lastUuid) text += `${text === '' ? '' : ','}${tsid}`;
      else text += tsid.slice(36);
      lastUuid = uuid;
      for (const [start, end] of intervals) text += start === end ? `:${start}` : `:${start}-${end}`;
    }
    return text;
  }

  toJSON(): string { return this.toString(); }

  /** The form of PREVIOUS_GTIDS events and COM_BINLOG_DUMP_GTID. */
  encode(): Buffer {
    const tagged = this.hasTags;
    const head = Buffer.alloc(8);
    if (tagged) {
      head.writeUIntLE(this.#parts.size, 1, 6);
      head[0] = 1;
      head[7] = 1;
    } else {
      head.writeUIntLE(this.#parts.size, 0, 6);
    }
    const chunks: Buffer[] = [head];
    for (const [tsid, intervals] of this.#parts) {
      chunks.push(Buffer.from(tsid.slice(0, 36).replaceAll('-', ''), 'hex'));
      if (tagged) {
        const tag = Buffer.from(tsid.slice(37), 'latin1');
        chunks.push(encodeVarUint(BigInt(tag.length)), tag);
      }
      const body = Buffer.alloc(8 + 16 * intervals.length);
      body.writeBigUInt64LE(BigInt(intervals.length), 0);
      intervals.forEach(([start, end], i) => {
        body.writeBigUInt64LE(start, 8 + 16 * i);
        body.writeBigUInt64LE(end + 1n, 16 + 16 * i);
      });
      chunks.push(body);
    }
    return Buffer.concat(chunks);
  }

  /** Reads what `encode` writes; both formats. Throws VTR1201 on anything else, bytes left over included. */
  static decode(bytes: Buffer): GtidSet {
    const cursor = new ByteCursor(bytes);
    const head = cursor.bytes(8);
    const tagged = head[7] === 1;
    if (!tagged && head[7] !== 0) throw malformedGtid(bytes.subarray(0, 8).toString('hex'), 'unknown format of the binary form');
    const count = tagged ? head.readUIntLE(1, 6) : head.readUIntLE(0, 6);
    const parts = new Map<string, (readonly [bigint, bigint])[]>();
    for (let i = 0; i < count; i++) {
      let tsid = formatUuid(cursor.bytes(16));
      if (tagged) {
        const tag = cursor.text(Number(cursor.varUint()), 'latin1');
        if (tag !== '') tsid += `:${tag}`;
      }
      const intervals = Number(cursor.u64());
      const list = parts.get(tsid) ?? [];
      for (let k = 0; k < intervals; k++) {
        const start = cursor.u64();
        const end = cursor.u64() - 1n;
        if (start < 1n || end < start) throw malformedGtid(`${tsid}:${start}-${end}`, 'bad interval in the binary form');
        list.push([start, end]);
      }
      parts.set(tsid, list);
    }
    if (cursor.remaining !== 0) throw malformedGtid(tsidList(parts), `${cursor.remaining} bytes too many in the binary form`);
    return GtidSet.fromUnsorted(parts);
  }
}

function tsidList(parts: ReadonlyMap<string, unknown>): string {
  return [...parts.keys()].join(',');
}

/** Sixteen bytes as UUID text in lower case. */
export function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function normalize(list: readonly (readonly [bigint, bigint])[]): Intervals {
  const sorted = [...list].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const merged: [bigint, bigint][] = [];
  for (const [start, end] of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && start <= last[1] + 1n) {
      if (end > last[1]) last[1] = end;
    } else {
      merged.push([start, end]);
    }
  }
  return merged;
}

function subtractIntervals(from: Intervals, away: Intervals): Intervals {
  const left: [bigint, bigint][] = [];
  let k = 0;
  for (const [start, end] of from) {
    let at = start;
    while (k > 0 && (away[k - 1] as readonly [bigint, bigint])[1] >= at) k--;
    for (; k < away.length; k++) {
      const [awayStart, awayEnd] = away[k] as readonly [bigint, bigint];
      if (awayEnd < at) continue;
      if (awayStart > end) break;
      if (awayStart > at) left.push([at, awayStart - 1n]);
      at = awayEnd + 1n;
      if (at > end) break;
    }
    if (at <= end) left.push([at, end]);
  }
  return left;
}
