import type { Log } from '../base/log.ts';
import { VtrewindError } from '../base/errors.ts';
import type { ArchiveCatalog } from '../binlog/archive/archiveCatalog.ts';
import type { JoinRecord } from '../binlog/archive/archiveRecords.ts';
import type { ArchiveTip } from '../binlog/archive/archiveWriter.ts';
import { type GtidState, mariadbPosition, MariadbGtidState, parseGtid } from '../binlog/gtidState.ts';
import { MariadbGtidPosition, parseMariadbGtid, printMariadbGtid } from '../binlog/mariadbGtid.ts';
import { sourceUnsuitable } from './archiveRoleError.ts';
import type { SourceServer } from './sourceServer.ts';

/** What to record before following a source, if anything, and where to go on. */
export interface Reconciliation {
  readonly state: GtidState;
  readonly join: { readonly record: Omit<JoinRecord, 'version' | 'epoch' | 'sequence' | 'before' | 'state'> } | undefined;
}

/** A new primary may lack at most so many archived transactions of a MariaDB domain before a fork is given up for a gap. */
const maxStepsBack = 1000;

/**
 * Compares the archive's end with a source and decides how the archive goes on. Never papers over: what the source no longer has is a gap, what it does not have although it was archived
 * is a fork, and an event that differs from the archived one starts a section of its own.
 */
export async function reconcileSource(source: SourceServer, tip: ArchiveTip | undefined, catalog: ArchiveCatalog, log: Log, signal: AbortSignal): Promise<Reconciliation> {
  const server = { id: source.id, address: source.address, serverVersion: source.version };
  const common = { flavour: source.flavour, source: server, dropped: '', missing: '' };
  const { serverMicros } = await source.probe(signal);
  if (tip === undefined) {
    const oldest = await source.oldest(signal);
    return { state: oldest.state, join: { record: { ...common, kind: 'start', timeline: 1, atMicros: oldest.sinceMicros, reason: 'the archive begins with the oldest binlog of the source' } } };
  }
  if (tip.flavour !== source.flavour) throw sourceUnsuitable(`the archive holds ${tip.flavour} binlogs and the primary is ${source.flavour}`, 'an archive has one flavour; start a new one in other storage');
  const sameServer = tip.source.id === source.id;
  if (sameServer && tip.last !== undefined) {
    const found = await source.hasEvent(tip.last, signal);
    if (found === 'different') {
      const oldest = await source.oldest(signal);
      const lost = tip.state.subtract(await source.executed(signal)).toString();
      return {
        state: oldest.state,
        join: {
          record: {
            ...common, kind: 'gap', timeline: tip.timeline + 1, atMicros: serverMicros, missing: lost,
            reason: `the source's binlog at ${tip.last.file}:${tip.last.lastEvent.position} is not what was archived (a crash with sync_binlog other than 1, RESET, or another data directory); archived again from its oldest binlog`,
          },
        },
      };
    }
    if (found === 'purged') log.warn({ event: 'last_event_purged', file: tip.last.file }, 'the last archived event is no longer on the source; going on by GTID alone');
  }
  const found = source.flavour === 'mysql' ? await reconcileMysql(source, tip, signal) : await reconcileMariadb(source, tip, catalog, signal);
  if (found.gap !== undefined) return { state: found.state, join: { record: { ...common, kind: 'gap', timeline: tip.timeline + (found.dropped === '' ? 0 : 1), atMicros: serverMicros, dropped: found.dropped, ...found.gap } } };
  if (found.dropped !== '') {
    const reason = sameServer ? 'the source lost transactions that were archived' : 'the new primary lacks transactions that were archived from the old one';
    return { state: found.state, join: { record: { ...common, kind: 'fork', timeline: tip.timeline + 1, atMicros: serverMicros, dropped: found.dropped, reason } } };
  }
  if (sameServer) return { state: found.state, join: undefined };
  return { state: found.state, join: { record: { ...common, kind: 'source', timeline: tip.timeline, atMicros: serverMicros, reason: 'another server is primary' } } };
}

interface Found {
  readonly state: GtidState;
  readonly dropped: string;
  readonly gap: { readonly missing: string; readonly reason: string } | undefined;
}

async function reconcileMysql(source: SourceServer, tip: ArchiveTip, signal: AbortSignal): Promise<Found> {
  const executed = await source.executed(signal);
  const dropped = tip.state.subtract(executed);
  const state = tip.state.subtract(dropped);
  const { state: purged } = await source.oldest(signal);
  const missing = purged.subtract(state);
  if (missing.isEmpty) return { state, dropped: dropped.toString(), gap: undefined };
  return { state: state.union(purged), dropped: dropped.toString(), gap: { missing: missing.toString(), reason: 'the source has purged binlogs that were not archived' } };
}

async function reconcileMariadb(source: SourceServer, tip: ArchiveTip, catalog: ArchiveCatalog, signal: AbortSignal): Promise<Found> {
  let position = mariadbPosition(tip.state);
  const dropped: string[] = [];
  const back = archivedBackwards(catalog, signal);
  const skipped = new Map<number, string[]>();
  for (let steps = 0; steps <= maxStepsBack; steps++) {
    const answer = await source.canStartFrom(new MariadbGtidState(position), signal);
    if (answer.ok) return { state: new MariadbGtidState(position), dropped: dropped.reverse().join(','), gap: undefined };
    const named = /requested to start from GTID (\d+-\d+-\d+)/.exec(answer.message)?.[1] ?? /missing the GTID (\d+-\d+-\d+)/.exec(answer.message)?.[1];
    if (named === undefined || !/not in the master's binlog|missing the GTID/.test(answer.message)) return await gapBehind(source, position, answer.message, signal);
    const { domain } = parseMariadbGtid(named);
    dropped.push(named);
    const previous = await previousOf(domain, named, back, skipped);
    position = MariadbGtidPosition.of(...position.gtids().filter((gtid) => gtid.domain !== domain), ...(previous === '' ? [] : [parseMariadbGtid(previous)]));
  }
  throw new VtrewindError({
    code: 'VTR1224', grpc: 'DATA_LOSS', message: `the primary shares none of the last ${maxStepsBack} archived transactions`, hint: 'is it a server of this shard? if so, begin a new archive in other storage',
  });
}

/** Behind the oldest binlog of the source something is missing. */
async function gapBehind(source: SourceServer, position: MariadbGtidPosition, message: string, signal: AbortSignal): Promise<Found> {
  const { state: oldest } = await source.oldest(signal);
  return { state: oldest, dropped: '', gap: { missing: `from ${position.toString() || 'the beginning'} to ${oldest.toString() || 'the beginning'}`, reason: `the source cannot go on from what is archived: ${message}` } };
}

/** The archived transaction of a domain before `gtid`; '' before the first one. */
async function previousOf(domain: number, gtid: string, back: AsyncGenerator<string, string | undefined, void>, skipped: Map<number, string[]>): Promise<string> {
  const seen = skipped.get(domain) ?? [];
  const known = seen[seen.indexOf(gtid) + 1];
  if (seen.includes(gtid) && known !== undefined) return known;
  for (;;) {
    const { value, done } = await back.next();
    if (done) {
      // the end of the section: what it began with is the last to try
      const start = MariadbGtidPosition.parse(value ?? '').domain(domain);
      const text = start === undefined ? '' : printMariadbGtid(start);
      return text === gtid ? '' : text;
    }
    const other = parseGtid('mariadb', value);
    if (other.flavour !== 'mariadb') continue;
    const list = skipped.get(other.domain) ?? [];
    const hit = other.domain === domain && list.at(-1) === gtid;
    list.push(value);
    skipped.set(other.domain, list);
    if (hit) return value;
  }
}

/** Archived GTIDs, newest first; returns the state the archive's section began with. */
async function* archivedBackwards(catalog: ArchiveCatalog, signal: AbortSignal): AsyncGenerator<string, string, void> {
  for (const entry of [...catalog.entries].reverse()) {
    if (entry.type === 'join') {
      if (entry.record.kind !== 'source') return entry.record.state;
      continue;
    }
    const { transactions } = await catalog.index(entry, signal);
    for (const transaction of [...transactions].reverse()) yield transaction.gtid;
  }
  return '';
}
