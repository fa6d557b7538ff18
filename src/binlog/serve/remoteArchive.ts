import { VtrewindError } from '../../base/errors.ts';
import { formatMicros, type Micros } from '../../base/time.ts';
import { MysqlClientConnection } from '../../mysql/clientConnection.ts';
import { ambiguousMoment, notRestorable } from '../archive/archiveError.ts';
import type { Cut, CutAt, CutNeighbour, FindCutOptions } from '../archive/findCut.ts';
import { EventStream } from '../eventStream.ts';
import type { Flavour } from '../formatDescription.ts';
import { type GtidState, parseGtid, parseGtidState, printGtid } from '../gtidState.ts';
import { compareSourcePositions, type SourcePosition } from '../sourcePosition.ts';
import type { BinlogTransaction } from '../transactionAssembler.ts';
import { dumpBehind, nonBlock, openReplicaConnection } from './replicaConnection.ts';
import { type RemoteReplayOptions, RemoteReplaySource } from './remoteReplaySource.ts';
import type { ReplaySource } from './replaySource.ts';

/** A cut as an archive's listener answers it (function `vtrewind_find_cut`). */
export interface CutAnswer {
  readonly flavour: Flavour;
  readonly keyspace: string;
  readonly shard: string;
  readonly timeline: number;
  readonly state: string;
  readonly startState: string;
  readonly lastIncluded: CutNeighbour | null;
  readonly firstExcluded: CutNeighbour | null;
  readonly exact: boolean;
  readonly warnings: readonly string[];
}

/** The cut in the form that travels; its place stays with the archive that found it. */
export function answerOfCut(cut: Cut): CutAnswer {
  return {
    flavour: cut.flavour, keyspace: cut.keyspace, shard: cut.shard, timeline: cut.timeline, state: cut.state.toString(), startState: cut.startState.toString(),
    lastIncluded: cut.lastIncluded ?? null, firstExcluded: cut.firstExcluded ?? null, exact: cut.exact, warnings: cut.warnings,
  };
}

/** Another binlog server as the place to restore from. */
export interface RemoteArchive {
  readonly source: ReplaySource;
  /**
   * Where to cut. An archiver's listener is asked and answers from its index; a plain mysqld is scanned from `from` (a backup's state) on. Throws VTR1212, VTR1213 as `findCut` does;
   * on a plain MariaDB the commit time is known to the second at best, so that a moment is refused without `nearest`.
   */
  findCut(at: CutAt, options: FindCutOptions & { readonly from: GtidState }): Promise<Cut>;
}

/** Opens `--binlog-host`. Connects when asked something. */
export function openRemoteArchive(options: RemoteReplayOptions): RemoteArchive {
  return { source: new RemoteReplaySource(options), findCut: (at, find) => findRemoteCut(options, at, find) };
}

/** Places mean nothing for a cut that is found elsewhere: `RemoteReplaySource` goes by the cut's GTID state. */
const nowhere = { epoch: 0, sequence: 0, transaction: 0 } as const;

async function findRemoteCut(options: RemoteReplayOptions, at: CutAt, find: FindCutOptions & { readonly from: GtidState }): Promise<Cut> {
  const signal = find.signal ?? new AbortController().signal;
  const connection = await MysqlClientConnection.connect({ connectTimeoutMs: 10_000, ...options.connect }, signal);
  try {
    const question = JSON.stringify({ at, nearest: find.nearest });
    const answer = await connection.query(`SELECT vtrewind_find_cut('${question.replaceAll('\\', '\\\\').replaceAll("'", "''")}')`, { signal }).catch((error: unknown) => {
      // 1305: a function that the server does not have, 1046: nor a database to look for it in
      if (error instanceof VtrewindError && (error.mysql === 1305 || error.mysql === 1046 || error.mysql === 1235)) return undefined;
      throw error;
    });
    const text = answer?.rows[0]?.[0]?.toString();
    if (text !== undefined) {
      const found = JSON.parse(text) as CutAnswer;
      return {
        ...found, at, place: nowhere, state: parseGtidState(found.flavour, found.state), startState: parseGtidState(found.flavour, found.startState),
        lastIncluded: found.lastIncluded ?? undefined, firstExcluded: found.firstExcluded ?? undefined,
      };
    }
    return await scan(options, connection, at, find, signal);
  } finally {
    connection.destroy();
  }
}

/** Reads the remote binlog from the backup's state on until the first transaction behind the cut. */
async function scan(options: RemoteReplayOptions, control: MysqlClientConnection, at: CutAt, find: FindCutOptions & { readonly from: GtidState }, signal: AbortSignal): Promise<Cut> {
  const { flavour } = control;
  // everything stamped before this is in the binlog when its end is asked for behind it
  const [clock] = ((await control.query('SELECT UNIX_TIMESTAMP(SYSDATE(6))', { signal })).rows[0] ?? []).map(String);
  const proven = Math.floor(Number(clock) * 1_000_000);
  if (at.type === 'time' && at.micros >= proven) throw notRestorable(`${formatMicros(at.micros)} is not before the remote server's clock, ${formatMicros(proven)}`, 'take an earlier moment');
  const end = await endOfBinlog(control, signal);
  const dump = await openReplicaConnection(options.connect, options.identity, { state: find.from, signal });
  const search = new Search(at, find, flavour);
  const stream = new EventStream();
  try {
    for await (const event of dumpBehind(dump, options.identity, find.from, nonBlock, signal)) {
      const step = stream.take(event);
      if (step.type === 'end' && search.take(step.transaction)) break;
    }
  } finally {
    dump.destroy();
  }
  // what was being committed when the clock was read may not have been sent yet
  if (at.type === 'time' && !search.found && compareSourcePositions(stream.position, end) < 0) {
    throw notRestorable(`the remote server has not sent all of its binlog up to ${end.file}:${end.position}`, 'try again in a moment');
  }
  return search.finish();
}

/** Where the binlog ends, asked under the lock that commits write under. SHOW MASTER STATUS went with MySQL 8.4, its successor came with 8.2. */
async function endOfBinlog(control: MysqlClientConnection, signal: AbortSignal): Promise<SourcePosition> {
  const statement = control.flavour === 'mariadb' || /^(5|8\.[01])\./.test(control.serverVersion) ? 'SHOW MASTER STATUS' : 'SHOW BINARY LOG STATUS';
  const row = (await control.query(statement, { signal })).rows[0];
  return { file: row?.[0]?.toString() ?? '', position: Number(row?.[1]?.toString() ?? 0) };
}

class Search {
  readonly #at: CutAt;
  readonly #find: FindCutOptions & { readonly from: GtidState };
  readonly #flavour: Flavour;
  #state: GtidState;
  #last: CutNeighbour | undefined;
  #first: CutNeighbour | undefined;
  #found = false;
  #estimated = false;

  constructor(at: CutAt, find: FindCutOptions & { readonly from: GtidState }, flavour: Flavour) {
    this.#at = at;
    this.#find = find;
    this.#flavour = flavour;
    this.#state = find.from;
    this.#found = at.type === 'state' && this.#state.containsAll(parseGtidState(flavour, at.state));
  }

  /** The place of the cut is known. */
  get found(): boolean { return this.#found; }

  /** True when the cut lies before this transaction. */
  take(transaction: BinlogTransaction): boolean {
    const { gtid } = transaction;
    if (gtid === undefined) throw notRestorable('the remote binlog has transactions without GTIDs', 'set gtid_mode=ON there');
    // MariaDB: the statement began in that second; it is taken to have been committed within the next
    const neighbour = { gtid: printGtid(gtid), earliest: transaction.earliestMicros, latest: transaction.latestMicros ?? transaction.earliestMicros + 1_999_999 };
    if (this.#found || this.#excludes(neighbour)) {
      this.#found = true;
      this.#first = neighbour;
      return true;
    }
    this.#last = neighbour;
    this.#state = this.#state.with(gtid);
    if (this.#at.type === 'afterGtid' && neighbour.gtid === printGtid(parseGtid(this.#flavour, this.#at.gtid))) this.#found = true;
    if (this.#at.type === 'state' && this.#state.containsAll(parseGtidState(this.#flavour, this.#at.state))) this.#found = true;
    return false;
  }

  #excludes(t: CutNeighbour): boolean {
    const at = this.#at;
    if (at.type === 'beforeGtid') return t.gtid === printGtid(parseGtid(this.#flavour, at.gtid));
    if (at.type !== 'time') return false;
    if (t.earliest > at.micros) return true;
    if (t.latest <= at.micros) return false;
    this.#estimated = true;
    return this.#find.nearest !== 'after';
  }

  finish(): Cut {
    const at = this.#at;
    const moment = (micros: Micros) => formatMicros(micros);
    if (at.type === 'time' && this.#flavour === 'mariadb' && this.#estimated && this.#find.nearest === undefined) {
      throw ambiguousMoment(
        `a MariaDB binlog tells commit times to the second: ${moment(at.micros)} cannot be placed exactly near ${this.#first?.gtid ?? this.#last?.gtid ?? '?'}`,
        `last transaction surely before it: ${this.#last?.gtid ?? 'none'}; restore to a GTID, use an archive (which knows when it received them), or --nearest`,
      );
    }
    if (at.type !== 'time' && !this.#found) throw notRestorable(`the remote binlog does not hold ${at.type === 'state' ? at.state : at.gtid} behind ${this.#find.from.toString()}`, 'is the backup older than it?');
    if (at.type === 'state') {
      const more = this.#state.subtract(parseGtidState(this.#flavour, at.state));
      if (!more.isEmpty) throw notRestorable(`${at.state} is no prefix of the remote binlog: ${more.toString()} would come with it`, 'take a state that the server has had');
    }
    return {
      flavour: this.#flavour, keyspace: '', shard: '', place: nowhere, timeline: 1, state: this.#state, startState: this.#find.from, lastIncluded: this.#last, firstExcluded: this.#first, at,
      exact: !this.#estimated, warnings: this.#estimated ? ['the moment was placed by commit times known to the second'] : [],
    };
  }
}
