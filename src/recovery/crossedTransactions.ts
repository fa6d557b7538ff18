import { formatMicros, type Micros } from '../base/time.ts';
import type { ArchiveCatalog } from '../binlog/archive/archiveCatalog.ts';
import type { Cut } from '../binlog/archive/findCut.ts';
import { scanTransactions } from '../binlog/archive/markedTransactions.ts';
import { parseGtid } from '../binlog/gtidState.ts';

/** One shard to be restored. */
export interface ShardCut {
  readonly shard: string;
  readonly catalog: ArchiveCatalog;
  readonly cut: Pick<Cut, 'flavour' | 'state' | 'lastIncluded' | 'firstExcluded'>;
}

/** A participant of a commit over several shards, as its shard's binlog has it. */
export interface Participant {
  readonly shard: string;
  readonly gtid: string;
  /** On which side of its shard's cut. */
  readonly side: 'before' | 'after';
}

/** A commit over several shards that the cuts as they were asked for would keep in part. */
export interface CrossedTransaction {
  readonly id: string;
  readonly participants: readonly Participant[];
}

/** A cut that moves back: to just before `beforeGtid`, which with `leftOut - 1` later transactions is then left out too. */
export interface CutMove {
  readonly shard: string;
  readonly beforeGtid: string;
  readonly leftOut: number;
  /** Earliest possible commit of `beforeGtid`. */
  readonly to: Micros;
}

export interface CrossedTransactions {
  readonly crossed: readonly CrossedTransaction[];
  /** What leaves every one of them out whole, and cuts no other in half; empty when nothing is cut in half, and when `whyNotMoved` says why there is no such move. */
  readonly moves: readonly CutMove[];
  readonly whyNotMoved?: string | undefined;
  /** The time that was searched in all shards; undefined when no transaction lies behind any cut. */
  readonly searched?: { readonly from: Micros; readonly to: Micros } | undefined;
}

export interface CrossedOptions {
  /** How far apart the participants of one commit may lie, microseconds, clocks of the shards' servers included; default 60 s. */
  readonly spread?: number;
  /** How far back a cut may move, microseconds; default 10 min. */
  readonly maxMove?: number;
  /** Transactions of a shard that are looked at; default 200,000. */
  readonly maxTransactions?: number;
  readonly signal?: AbortSignal;
}

interface Half { readonly shard: string; readonly gtid: string; readonly id: string; readonly ordinal: number; readonly earliest: Micros }
interface Scan { readonly halves: readonly Half[]; readonly ordinals: Map<string, number>; readonly truncated: string | undefined; readonly lost: ReadonlySet<Half> }

/**
 * Which commits over several shards lie on both sides of the cuts. A participant before its shard's cut and one behind its own can be at most `spread` apart: a gate marks all of them first and commits
 * one after another at once. So it is enough to look from `spread` before the first transaction that any cut leaves out to `spread` behind the last that any takes in; a commit that hung for longer is
 * not seen. Only markers are kept in memory. Moving a cut back may cut others in half: that is followed to its end, or to `maxMove`, where it is given up.
 */
export async function findCrossedTransactions(shards: readonly ShardCut[], options: CrossedOptions = {}): Promise<CrossedTransactions> {
  const { spread = 60_000_000, maxMove = 600_000_000 } = options;
  const firstOut = Math.min(...shards.map(({ cut }) => cut.firstExcluded?.earliest ?? Number.POSITIVE_INFINITY));
  const lastIn = Math.max(...shards.map(({ cut }) => cut.lastIncluded?.latest ?? Number.NEGATIVE_INFINITY));
  if (!Number.isFinite(firstOut) || !Number.isFinite(lastIn)) return { crossed: [], moves: [] };
  const to = lastIn + spread;
  for (let from = firstOut - spread; ; ) {
    const scan = await scanAll(shards, from, to, options);
    const { crossed, moves, lowest } = settle(scan);
    const searched = { from, to };
    if (scan.truncated !== undefined) return { crossed, moves: [], whyNotMoved: scan.truncated, searched };
    if (crossed.length === 0) return { crossed, moves, searched };
    if (scan.lost.size > 0) {
      const gone = crossed.flatMap(({ id }) => [...scan.lost].filter((half) => half.id === id));
      if (gone.length > 0) return { crossed, moves: [], whyNotMoved: `${gone.map(({ shard, gtid }) => `${shard} ${gtid}`).join(', ')} was lost by a failover: leave the other participants out one by one`, searched };
    }
    if (lowest < firstOut - maxMove) {
      return { crossed, moves: [], whyNotMoved: `commits over several shards follow so closely that the cuts would move back past ${formatMicros(firstOut - maxMove)}`, searched };
    }
    // the other half of what is left out now may lie before what was searched
    if (lowest - spread >= from) return { crossed, moves, searched };
    from = lowest - spread;
  }
}

async function scanAll(shards: readonly ShardCut[], from: Micros, to: Micros, { maxTransactions = 200_000, signal = new AbortController().signal }: CrossedOptions): Promise<Scan> {
  const halves: Half[] = [];
  const lost = new Set<Half>();
  const ordinals = new Map<string, number>();
  let truncated: string | undefined;
  for (const { shard, catalog, cut } of shards) {
    let ordinal = 0;
    let cutAt = 0;
    for await (const { gtid, earliest, marker } of scanTransactions(catalog, from, to, signal)) {
      if (ordinal === maxTransactions) {
        truncated = `${shard} has more than ${maxTransactions} transactions between ${formatMicros(from)} and ${formatMicros(to)}: not all were looked at`;
        break;
      }
      const held = cut.state.contains(parseGtid(cut.flavour, gtid));
      if (marker !== undefined) halves.push({ shard, gtid, id: marker.id, ordinal, earliest });
      ordinal++;
      if (held) {
        // what lies before a held one and is not held was dropped by a fork of the history
        cutAt = ordinal;
      }
    }
    ordinals.set(shard, cutAt);
    for (const half of halves) {
      if (half.shard === shard && half.ordinal < cutAt && !cut.state.contains(parseGtid(cut.flavour, half.gtid))) lost.add(half);
    }
  }
  return { halves, ordinals, truncated, lost };
}

/** The commits that are cut in half, and the greatest cuts at or before those asked for that cut none. */
function settle({ halves, ordinals, lost }: Scan): { readonly crossed: readonly CrossedTransaction[]; readonly moves: readonly CutMove[]; readonly lowest: Micros } {
  const byId = new Map<string, Half[]>();
  for (const half of halves) {
    const list = byId.get(half.id);
    if (list === undefined) byId.set(half.id, [half]);
    else list.push(half);
  }
  const cuts = new Map(ordinals);
  const isBefore = (half: Half) => !lost.has(half) && half.ordinal < (cuts.get(half.shard) ?? 0);
  const isCut = (list: readonly Half[]) => list.some(isBefore) && !list.every(isBefore);
  const crossed = [...byId].filter(([, list]) => isCut(list)).map(([id, list]): CrossedTransaction => ({
    id, participants: list.map((half) => ({ shard: half.shard, gtid: half.gtid, side: isBefore(half) ? 'before' : 'after' })),
  }));
  const moved = new Map<string, Half>();
  for (let again = crossed.length > 0; again; ) {
    again = false;
    for (const list of byId.values()) {
      if (!isCut(list)) continue;
      for (const half of list.filter(isBefore)) {
        cuts.set(half.shard, half.ordinal);
        moved.set(half.shard, half);
        again = true;
      }
    }
  }
  const moves = [...moved.values()].map((half): CutMove => ({ shard: half.shard, beforeGtid: half.gtid, leftOut: (ordinals.get(half.shard) ?? 0) - half.ordinal, to: half.earliest }));
  return { crossed, moves, lowest: Math.min(...moves.map((move) => move.to)) };
}
