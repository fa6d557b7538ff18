import { malformedGtid } from './binlogError.ts';

/** One MariaDB GTID: `domain-server-sequence`. */
export interface MariadbGtid {
  readonly domain: number;
  readonly server: number;
  readonly sequence: bigint;
}

const pattern = /^\s*(\d{1,10})-(\d{1,10})-(\d{1,20})\s*$/;

export function printMariadbGtid(gtid: MariadbGtid): string {
  return `${gtid.domain}-${gtid.server}-${gtid.sequence}`;
}

/** Throws VTR1202 when it is no `domain-server-sequence` within 32, 32 and 64 bits. */
export function parseMariadbGtid(text: string): MariadbGtid {
  const m = pattern.exec(text);
  if (!m) throw malformedGtid(text, 'not domain-server-sequence');
  const gtid = { domain: Number(m[1]), server: Number(m[2]), sequence: BigInt(m[3] ?? '0') };
  if (gtid.domain > 0xffff_ffff || gtid.server > 0xffff_ffff || gtid.sequence > 0xffff_ffff_ffff_ffffn) throw malformedGtid(text, 'a number is too large');
  return gtid;
}

/**
 * A MariaDB position: the last GTID of each replication domain, immutable. A transaction is part of it when its domain's sequence has reached it: sequences
 * rise within a domain (`gtid_strict_mode`; without it an errant server could reuse one, which the archiver reports as a fork).
 */
export class MariadbGtidPosition {
  static readonly empty: MariadbGtidPosition = new MariadbGtidPosition(new Map());
  readonly #domains: ReadonlyMap<number, MariadbGtid>;

  private constructor(domains: ReadonlyMap<number, MariadbGtid>) {
    this.#domains = domains;
  }

  /** `0-1-5,7-2-9`, or '' for the empty position. Two GTIDs of one domain are refused (VTR1202), as by the server. */
  static parse(text: string): MariadbGtidPosition {
    const domains = new Map<number, MariadbGtid>();
    for (const piece of text.split(',')) {
      if (piece.trim() === '') {
        if (text.trim() === '') break;
        throw malformedGtid(text, 'an empty place between commas');
      }
      const gtid = parseMariadbGtid(piece);
      if (domains.has(gtid.domain)) throw malformedGtid(text, `domain ${gtid.domain} occurs twice`);
      domains.set(gtid.domain, gtid);
    }
    return MariadbGtidPosition.fromDomains(domains);
  }

  /** The highest sequence of each domain among `gtids`, as a GTID_LIST event gives them (per domain and server). */
  static of(...gtids: readonly MariadbGtid[]): MariadbGtidPosition {
    const domains = new Map<number, MariadbGtid>();
    for (const gtid of gtids) {
      const known = domains.get(gtid.domain);
      if (known === undefined || gtid.sequence > known.sequence) domains.set(gtid.domain, gtid);
    }
    return MariadbGtidPosition.fromDomains(domains);
  }

  private static fromDomains(domains: ReadonlyMap<number, MariadbGtid>): MariadbGtidPosition {
    return new MariadbGtidPosition(new Map([...domains].sort((a, b) => a[0] - b[0])));
  }

  get isEmpty(): boolean { return this.#domains.size === 0; }
  gtids(): readonly MariadbGtid[] { return [...this.#domains.values()]; }
  domain(domain: number): MariadbGtid | undefined { return this.#domains.get(domain); }

  contains(gtid: MariadbGtid): boolean {
    const last = this.#domains.get(gtid.domain);
    return last !== undefined && gtid.sequence <= last.sequence;
  }

  containsAll(other: MariadbGtidPosition): boolean { return other.gtids().every((gtid) => this.contains(gtid)); }
  equals(other: MariadbGtidPosition): boolean { return this.toString() === other.toString(); }

  /** This position after `gtid`, whatever its sequence (binlog order decides). */
  with(gtid: MariadbGtid): MariadbGtidPosition {
    const domains = new Map(this.#domains);
    const known = domains.has(gtid.domain);
    domains.set(gtid.domain, gtid);
    return known ? new MariadbGtidPosition(domains) : MariadbGtidPosition.fromDomains(domains);
  }

  /** The further of both in every domain. */
  union(other: MariadbGtidPosition): MariadbGtidPosition { return MariadbGtidPosition.of(...this.gtids(), ...other.gtids()); }

  /** The domains in which this is further than `other`, each at its last GTID here. */
  subtract(other: MariadbGtidPosition): MariadbGtidPosition { return MariadbGtidPosition.of(...this.gtids().filter((gtid) => !other.contains(gtid))); }

  toString(): string { return this.gtids().map(printMariadbGtid).join(','); }
  toJSON(): string { return this.toString(); }
}
