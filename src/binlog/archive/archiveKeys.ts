import { malformedBinlog } from '../binlogError.ts';

/**
 * Where the archive of one shard lies in storage. Everything is written once, apart from the evidence:
 * - `epochs/E.json`: where the writer of epoch E took over (`EpochRecord`);
 * - `index/E/S.s.….json`: segment S of epoch E is complete (`SegmentIndex`); its name holds what finding a moment needs, so that a listing is enough;
 * - `index/E/S.j.json`: a change of source, a fork or a gap (`JoinRecord`), numbered in the same sequence;
 * - `data/E/S.binlog`: the events of segment S, a binlog file that mysqlbinlog and mariadb-binlog read; without its index it does not exist;
 * - `index/E/S-L.s.….json` and `data/E/S-L.binlog`: segments S to L merged into one; while single ones of that range are still there, readers pass over them;
 * - `claims/E.json`: the writer of epoch E is about to take over; whoever removes merged segments under an older epoch stops;
 * - `truncated/E-S.json`: the archive begins before object S of epoch E now (`TruncationRecord`), whatever is still there of what was before;
 * - `evidence/E.json`: until when the archive is proven to hold everything (`EvidenceRecord`), replaced while the writer lives.
 */
export function archiveRoot(keyspace: string, shard: string): string {
  return `log-backup/${keyspace}/${shard}/`;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
export const epochName = (epoch: number): string => pad(epoch, 10);

export const epochKey = (root: string, epoch: number): string => `${root}epochs/${epochName(epoch)}.json`;
export const evidenceKey = (root: string, epoch: number): string => `${root}evidence/${epochName(epoch)}.json`;
export const claimKey = (root: string, epoch: number): string => `${root}claims/${epochName(epoch)}.json`;
export const truncationKey = (root: string, epoch: number, sequence: number): string => `${root}truncated/${epochName(epoch)}-${pad(sequence, 12)}.json`;
export const dataFolder = (root: string, epoch: number): string => `${root}data/${epochName(epoch)}/`;
export const indexFolder = (root: string, epoch: number): string => `${root}index/${epochName(epoch)}/`;
export const dataKey = (root: string, epoch: number, sequence: number, lastSequence: number = sequence): string => `${dataFolder(root, epoch)}${span(sequence, lastSequence)}.binlog`;
const span = (first: number, last: number): string => (first === last ? pad(first, 12) : `${pad(first, 12)}-${pad(last, 12)}`);
export const joinKey = (root: string, epoch: number, sequence: number): string => `${root}index/${epochName(epoch)}/${pad(sequence, 12)}.j.json`;

/** What a segment's index is named by. Times in microseconds; of the transactions in it, the smallest and largest earliest and the largest latest commit time. */
export interface SegmentName {
  readonly epoch: number;
  readonly sequence: number;
  /** The last of the segments merged into it; `sequence` itself for one as it was written. */
  readonly lastSequence: number;
  readonly transactions: number;
  readonly minEarliest: number;
  readonly maxEarliest: number;
  readonly maxLatest: number;
}

export function segmentKey(root: string, name: SegmentName): string {
  const times = [name.minEarliest, name.maxEarliest, name.maxLatest].map((at) => pad(at, 16)).join('.');
  return `${root}index/${epochName(name.epoch)}/${span(name.sequence, name.lastSequence)}.s.${name.transactions}.${times}.json`;
}

export type IndexKey = ({ readonly type: 'segment'; readonly key: string } & SegmentName) | { readonly type: 'join'; readonly key: string; readonly epoch: number; readonly sequence: number; readonly lastSequence: number };

const segmentPattern = /^index\/(\d{10})\/(\d{12})(?:-(\d{12}))?\.s\.(\d+)\.(\d{16})\.(\d{16})\.(\d{16})\.json$/;
const joinPattern = /^index\/(\d{10})\/(\d{12})\.j\.json$/;

/** Reads an index object's key. Throws VTR1201 on a name that is neither. */
export function parseIndexKey(root: string, key: string): IndexKey {
  const rest = key.slice(root.length);
  const s = segmentPattern.exec(rest);
  if (s) {
    const [epoch, sequence] = [Number(s[1]), Number(s[2])];
    const lastSequence = s[3] === undefined ? sequence : Number(s[3]);
    if (lastSequence < sequence) throw malformedBinlog(`'${key}' is no object of an archive`);
    const [transactions, minEarliest, maxEarliest, maxLatest] = s.slice(4, 8).map(Number) as [number, number, number, number];
    return { type: 'segment', key, epoch, sequence, lastSequence, transactions, minEarliest, maxEarliest, maxLatest };
  }
  const j = joinPattern.exec(rest);
  if (j) return { type: 'join', key, epoch: Number(j[1]), sequence: Number(j[2]), lastSequence: Number(j[2]) };
  throw malformedBinlog(`'${key}' is no object of an archive`);
}

/** The numbers in a data object's key; undefined when it is none. */
export function parseDataKey(root: string, key: string): { readonly epoch: number; readonly sequence: number; readonly lastSequence: number } | undefined {
  const m = /^data\/(\d{10})\/(\d{12})(?:-(\d{12}))?\.binlog$/.exec(key.slice(root.length));
  return m === null ? undefined : { epoch: Number(m[1]), sequence: Number(m[2]), lastSequence: Number(m[3] ?? m[2]) };
}
