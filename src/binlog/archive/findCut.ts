import { formatMicros, type Micros } from '../../base/time.ts';
import { isObjectNotFound } from '../../storage/storageError.ts';
import type { Flavour } from '../formatDescription.ts';
import { type GtidState, parseGtid, parseGtidState, printGtid } from '../gtidState.ts';
import type { ArchiveCatalog } from './archiveCatalog.ts';
import { ambiguousMoment, notRestorable } from './archiveError.ts';
import { type ArchivePlace, placeBehind, placeWithin } from './archivePlace.ts';
import type { IndexedTransaction } from './archiveRecords.ts';
import { provenEnd, type Section, sectionBegins, sectionsOf, type SegmentEntry } from './timelines.ts';

/** What to restore to. */
export type CutAt =
  /** Everything committed up to and including this moment. */
  | { readonly type: 'time'; readonly micros: Micros }
  /** Everything before this transaction, or up to and including it. */
  | { readonly type: 'beforeGtid' | 'afterGtid'; readonly gtid: string }
  /** Exactly this GTID set (MySQL) or position (MariaDB). */
  | { readonly type: 'state'; readonly state: string };

export interface CutNeighbour {
  readonly gtid: string;
  readonly earliest: Micros;
  readonly latest: Micros;
}

/** A prefix of the archive's order: what is restored. */
export interface Cut {
  readonly flavour: Flavour;
  readonly keyspace: string;
  readonly shard: string;
  /** Nothing at or behind this place is applied. */
  readonly place: ArchivePlace;
  readonly timeline: number;
  /** What a server holds that has replayed up to here. */
  readonly state: GtidState;
  /** A backup that is replayed from must hold at least this, and nothing outside `state`. */
  readonly startState: GtidState;
  readonly lastIncluded: CutNeighbour | undefined;
  readonly firstExcluded: CutNeighbour | undefined;
  readonly at: CutAt;
  /** False when `nearest` chose a side of an interval. */
  readonly exact: boolean;
  /** For people: the source's clock stepped back, a side was chosen, … */
  readonly warnings: readonly string[];
}

export interface FindCutOptions {
  /** For a moment within the commit interval of transactions (MariaDB): leave them out (`before`) or take them in (`after`) instead of refusing. */
  readonly nearest?: 'before' | 'after';
  readonly signal?: AbortSignal;
}

/**
 * Finds the cut of a moment, GTID or GTID state: by the listing first, then by one or a few indexes, never by a scan. Throws VTR1212 where the archive does not prove it (before the archive,
 * in a gap, beyond the proven end, a GTID it does not hold), VTR1213 for a moment that only an interval covers.
 */
export async function findCut(catalog: ArchiveCatalog, at: CutAt, options: FindCutOptions = {}): Promise<Cut> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await cutNow(catalog, at, options);
    } catch (error) {
      // segments were merged under way; the catalog has been listed again
      if (attempt === 3 || !isObjectNotFound(error)) throw error;
    }
  }
}

async function cutNow(catalog: ArchiveCatalog, at: CutAt, options: FindCutOptions): Promise<Cut> {
  const sections = sectionsOf(catalog);
  if (sections.length === 0) throw notRestorable(`nothing of ${catalog.keyspace}/${catalog.shard} is archived`, 'start an archiver for the shard');
  switch (at.type) {
    case 'time': return await cutByTime(catalog, sections, at, options);
    case 'state': return await cutByState(catalog, sections, at, options.signal);
    default: return await cutByGtid(catalog, sections, at, options.signal);
  }
}

async function cutByTime(catalog: ArchiveCatalog, sections: readonly Section[], at: Extract<CutAt, { type: 'time' }>, options: FindCutOptions): Promise<Cut> {
  const moment = at.micros;
  const first = sections[0] as Section;
  const end = provenEnd(sections, await catalog.evidence(options.signal));
  const shown = formatMicros(moment);
  const whole = `${catalog.keyspace}/${catalog.shard}`;
  if (moment < sectionBegins(first)) {
    throw notRestorable(`${shown} is before the archive of ${whole}, which begins at ${formatMicros(sectionBegins(first))}`, 'the nearest moment that can be restored is that beginning');
  }
  if (moment >= end) {
    throw notRestorable(`${shown} is not proven for ${whole}: the archive is known to be complete before ${formatMicros(end)} only`, 'wait until the archiver has caught up, or take a moment before that');
  }
  let chosen = 0;
  for (let i = 1; i < sections.length; i++) if (sectionBegins(sections[i] as Section) <= moment) chosen = i;
  const section = sections[chosen] as Section;
  const upper = section.segments.find((segment) => segment.maxEarliest > moment);
  const next = sections[chosen + 1];
  if (upper === undefined && next?.opened.record.kind === 'gap') {
    const from = Math.max(sectionBegins(section), ...section.segments.slice(-1).map((segment) => segment.maxEarliest));
    const to = sectionBegins(next);
    throw notRestorable(
      `${shown} lies in a gap of the archive of ${whole}, from ${formatMicros(from)} to ${Number.isFinite(to) ? formatMicros(to) : 'now'}: ${next.opened.record.missing || next.opened.record.reason}`,
      'take a moment outside the gap; behind it a full backup made after the gap is needed',
    );
  }
  const high = await placeOf(catalog, section, upper, (t) => t.earliest > moment, options.signal);
  const lower = section.segments.find((segment) => segment.maxLatest > moment);
  const low = await placeOf(catalog, section, lower, (t) => t.latest > moment, options.signal);
  const warnings: string[] = [];
  let found = high;
  let exact = true;
  if (low.place.epoch !== high.place.epoch || low.place.sequence !== high.place.sequence || low.place.transaction !== high.place.transaction) {
    const span = `${low.excluded?.gtid ?? ''} to ${high.included?.gtid ?? ''}`;
    if (options.nearest === undefined) {
      throw ambiguousMoment(
        `${shown} lies within the commit intervals of transactions of ${whole}: ${span} (the first committed between ${times(low.excluded)})`,
        `surely before it: ${low.included?.gtid ?? 'the start of the archive'}; surely after it: ${high.excluded?.gtid ?? 'nothing archived yet'}; restore to one of these GTIDs, or to the nearest side with --nearest`,
      );
    }
    found = options.nearest === 'before' ? low : high;
    exact = false;
    warnings.push(`${shown} lies within the commit intervals of ${span}; they are ${options.nearest === 'before' ? 'left out' : 'taken in'}`);
  }
  if (upper !== undefined) {
    const behind = section.segments.slice(section.segments.indexOf(upper) + 1).filter((segment) => segment.minEarliest <= moment);
    const inside = found.behind.filter((t) => t.earliest <= moment).length;
    if (behind.length > 0 || inside > 0) warnings.push(`the source's clock stepped back: transactions behind the cut carry times up to ${shown} and are left out, a cut is a prefix of the binlog`);
  }
  return await finish(catalog, section, found, at, exact, warnings, options.signal);
}

function times(neighbour: CutNeighbour | undefined): string {
  return neighbour === undefined ? '?' : `${formatMicros(neighbour.earliest)} and ${formatMicros(neighbour.latest)}`;
}

interface FoundPlace {
  readonly place: ArchivePlace;
  readonly included: CutNeighbour | undefined;
  readonly excluded: CutNeighbour | undefined;
  /** State there when it is known from an index. */
  readonly state: GtidState | undefined;
  /** The rest of the segment. */
  readonly behind: readonly IndexedTransaction[];
}

/** The place before the first transaction of `segment` that `excludes`; without a segment, the end of the section. */
async function placeOf(
  catalog: ArchiveCatalog, section: Section, segment: SegmentEntry | undefined, excludes: (t: IndexedTransaction) => boolean, signal: AbortSignal | undefined,
): Promise<FoundPlace> {
  if (segment === undefined) {
    const last = section.entries.at(-1) ?? section.opened;
    return { place: placeBehind(last), included: await lastOf(catalog, section, section.segments.length - 1, signal), excluded: undefined, state: await endState(catalog, section, signal), behind: [] };
  }
  const { header, transactions } = await catalog.index(segment, signal);
  const k = transactions.findIndex(excludes);
  if (k < 0) throw new TypeError(`index '${segment.key}' does not hold what its name says`);
  let state = parseGtidState(header.flavour, header.before);
  for (const t of transactions.slice(0, k)) state = state.with(parseGtid(header.flavour, t.gtid));
  const included = transactions[k - 1] ?? (await lastOf(catalog, section, section.segments.indexOf(segment) - 1, signal));
  return { place: placeWithin(header, k), included, excluded: transactions[k], state, behind: transactions.slice(k) };
}

async function lastOf(catalog: ArchiveCatalog, section: Section, position: number, signal: AbortSignal | undefined): Promise<CutNeighbour | undefined> {
  const segment = section.segments[position];
  return segment === undefined ? undefined : (await catalog.index(segment, signal)).transactions.at(-1);
}

async function endState(catalog: ArchiveCatalog, section: Section, signal: AbortSignal | undefined): Promise<GtidState> {
  const last = section.entries.at(-1);
  if (last === undefined || last.type === 'join') return last === undefined ? section.startState : parseGtidState(last.record.flavour, last.record.state);
  const { header } = await catalog.index(last, signal);
  return parseGtidState(header.flavour, header.after);
}

/** The first segment whose state behind it satisfies `reached`, by bisection: states only grow within a section. */
async function bisect(catalog: ArchiveCatalog, section: Section, reached: (after: GtidState) => boolean, signal: AbortSignal | undefined): Promise<SegmentEntry | undefined> {
  let low = 0;
  let high = section.segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { header } = await catalog.index(section.segments[middle] as SegmentEntry, signal);
    if (reached(parseGtidState(header.flavour, header.after))) high = middle;
    else low = middle + 1;
  }
  return section.segments[low];
}

async function cutByGtid(catalog: ArchiveCatalog, sections: readonly Section[], at: Extract<CutAt, { type: 'beforeGtid' | 'afterGtid' }>, signal: AbortSignal | undefined): Promise<Cut> {
  const flavour = (sections[0] as Section).opened.record.flavour;
  const gtid = parseGtid(flavour, at.gtid);
  const wanted = printGtid(gtid);
  for (const section of [...sections].reverse()) {
    if (section.startState.contains(gtid)) continue;
    const segment = await bisect(catalog, section, (after) => after.contains(gtid), signal);
    if (segment === undefined) continue;
    const { transactions } = await catalog.index(segment, signal);
    const k = transactions.findIndex((t) => t.gtid === wanted);
    if (k < 0) continue;
    const found = await placeBeside(catalog, section, segment, at.type === 'beforeGtid' ? k : k + 1, signal);
    return await finish(catalog, section, found, at, true, [], signal);
  }
  throw notRestorable(`transaction ${wanted} is not in the archive of ${catalog.keyspace}/${catalog.shard}`, 'see what is held with: vtrewind window');
}

/** The place before transaction `k` of a segment; one past its last is the place behind it. */
async function placeBeside(catalog: ArchiveCatalog, section: Section, segment: SegmentEntry, k: number, signal: AbortSignal | undefined): Promise<FoundPlace> {
  const { transactions } = await catalog.index(segment, signal);
  if (k < transactions.length) return await placeOf(catalog, section, segment, (t) => t === transactions[k], signal);
  const next = section.segments[section.segments.indexOf(segment) + 1];
  return await placeOf(catalog, section, next, () => true, signal);
}

async function cutByState(catalog: ArchiveCatalog, sections: readonly Section[], at: Extract<CutAt, { type: 'state' }>, signal: AbortSignal | undefined): Promise<Cut> {
  const flavour = (sections[0] as Section).opened.record.flavour;
  const wanted = parseGtidState(flavour, at.state);
  const whole = `${catalog.keyspace}/${catalog.shard}`;
  let extra = '';
  for (const section of [...sections].reverse()) {
    if (!wanted.containsAll(section.startState)) continue;
    let found: FoundPlace;
    if (section.startState.containsAll(wanted)) {
      found = await placeOf(catalog, section, section.segments[0], () => true, signal);
    } else {
      const segment = await bisect(catalog, section, (after) => after.containsAll(wanted), signal);
      if (segment === undefined) continue;
      const { header, transactions } = await catalog.index(segment, signal);
      let state = parseGtidState(flavour, header.before);
      let k = 0;
      while (k < transactions.length && !state.containsAll(wanted)) state = state.with(parseGtid(flavour, (transactions[k++] as IndexedTransaction).gtid));
      found = await placeBeside(catalog, section, segment, k, signal);
    }
    const more = found.state?.subtract(wanted);
    if (more?.isEmpty) return await finish(catalog, section, found, at, true, [], signal);
    extra = more?.toString() ?? '';
  }
  throw notRestorable(
    extra === '' ? `the archive of ${whole} does not reach ${wanted.toString()}` : `${wanted.toString()} is no prefix of the binlog of ${whole}: ${extra} would come with it`,
    'take a state that the primary has had, or a GTID; see what is held with: vtrewind window',
  );
}

async function finish(
  catalog: ArchiveCatalog, section: Section, found: FoundPlace, at: CutAt, exact: boolean, warnings: readonly string[], signal: AbortSignal | undefined,
): Promise<Cut> {
  const neighbour = (t: CutNeighbour | undefined): CutNeighbour | undefined => (t === undefined ? undefined : { gtid: t.gtid, earliest: t.earliest, latest: t.latest });
  // A fork continues what its predecessor's history has in common with it: replay may start anywhere back to the last gap.
  const sections = sectionsOf(catalog);
  const all = sections.slice(0, sections.findIndex((other) => other.opened.key === section.opened.key) + 1);
  const start = all.findLast((other) => other.opened.record.kind !== 'fork') ?? section;
  return {
    flavour: section.opened.record.flavour, keyspace: catalog.keyspace, shard: catalog.shard, place: found.place, timeline: section.timeline,
    state: found.state ?? (await endState(catalog, section, signal)), startState: start.startState, lastIncluded: neighbour(found.included),
    firstExcluded: neighbour(found.excluded), at, exact, warnings,
  };
}
