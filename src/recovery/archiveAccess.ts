import type { Micros } from '../base/time.ts';
import type { Flavour } from '../mysqld/serverBinary.ts';
import type { ReplicationSource } from '../mysqld/replication.ts';

/** The moment a shard is restored to: a time (everything committed up to it), exactly a GTID state, or all that came before one transaction. */
export type ShardMoment =
  | { readonly kind: 'time'; readonly at: Micros }
  | { readonly kind: 'gtid'; readonly gtid: string }
  | { readonly kind: 'beforeGtid'; readonly gtid: string };

/** Which side is taken where a moment lies within the commit interval of a transaction (MariaDB): it is left out, or taken in. */
export type Nearest = 'before' | 'after';

/** A transaction beside a cut. It committed between `earliest` and `latest`; one moment on MySQL. */
export interface CutNeighbour {
  readonly gtid: string;
  readonly earliest: Micros;
  readonly latest: Micros;
}

/** A place in a shard's history: everything in `gtid` and nothing else. */
export interface Cut {
  readonly flavour: Flavour;
  /** GTID set (MySQL), or the last GTID of each domain (MariaDB), of all history up to the cut, not only of what the archive holds. */
  readonly gtid: string;
  /** Commit time of the last transaction before the cut; undefined when the archive does not know it. */
  readonly reachedAt: Micros | undefined;
  /** The last transaction that is in, and the first that is not; undefined where the archive does not tell. */
  readonly lastIncluded?: CutNeighbour | undefined;
  readonly firstExcluded?: CutNeighbour | undefined;
  /** What the operator should know: a clock that stepped back, a moment taken as the nearest one. */
  readonly warnings: readonly string[];
}

/** A stretch of history that can be replayed without a break. */
export interface ArchiveSpan {
  /** State before its first transaction: a backup at least as far may be replayed on from here. */
  readonly fromGtid: string;
  readonly fromTime: Micros;
  /** State at its end. */
  readonly untilGtid: string;
  /** Everything committed before is in it: proven by what was received later. */
  readonly untilTime: Micros;
  /** Why it begins here (`start`, `gap`, `fork`) and what is missing before it. */
  readonly begins: string;
}

/** How much has to be replayed. */
export interface ReplayExtent {
  readonly segments: number;
  readonly bytes: number;
  /** False when `bytes` was reckoned from a sample. */
  readonly exact: boolean;
}

/** What a restore needs of the archive of one shard, be it read from storage or from a binlog server. */
export interface ArchiveAccess {
  /** For messages. */
  readonly description: string;
  /** Oldest first; empty while nothing is archived. */
  spans(signal?: AbortSignal): Promise<readonly ArchiveSpan[]>;
  /**
   * The last GTID before a moment. `from` is the position of a backup before it, for archives without an index, which look from there on. Waits up to `timeoutMs` for evidence from beyond it. Throws (grpc OUT_OF_RANGE or FAILED_PRECONDITION) naming the window, the gap, or
   * the neighbours of a moment that lies inside a transaction's interval.
   */
  findCut(moment: ShardMoment, options: { readonly timeoutMs: number; readonly nearest?: Nearest; readonly from?: string; readonly signal?: AbortSignal }): Promise<Cut>;
  /** Undefined when the history from `gtid` to the cut is there without a break; else what is missing. */
  whyNotReplayable(gtid: string, cut: Cut, signal?: AbortSignal): Promise<string | undefined>;
  /** What lies between a position and the cut; undefined for a source that can't tell without reading it. */
  extent(gtid: string, cut: Cut, signal?: AbortSignal): Promise<ReplayExtent | undefined>;
  /** A replication source on the loopback address that has the history up to the cut and nothing past it; transactions of `exclude` are served empty. `close` ends it. */
  serveUntil(cut: Cut, fromGtid: string, options?: { readonly exclude?: readonly string[]; readonly signal?: AbortSignal }): Promise<ReplicationSource & { close(): Promise<void> }>;
  close(): Promise<void>;
}
