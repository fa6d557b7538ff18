import { malformedBinlog } from '../binlogError.ts';

/**
 * Where the archive of one shard lies in storage. Everything is written once, apart from the evidence:
 * - `epochs/E.json`: where the writer of epoch E took over (`EpochRecord`);
 * - `index/E/S.s.….json`: segment S of epoch E is complete (`SegmentIndex`); its name holds what finding a moment needs, so that a listing is enough;
 * - `index/E/S.j.json`: a change of source, a fork or a gap (`JoinRecord`), numbered in the same sequence;
 * - `data/E/S.binlog`: the events of segment S, a binlog file that mysqlbinlog and mariadb-binlog read; without its index it does not exist;
 * - `evidence/E.json`: until when the archive is proven to hold everything (`EvidenceRecord`), replaced while the writer lives.
 */
export function archiveRoot(keyspace: string, shard: string): string {
  return `log-backup/${keyspace}/${shard}/`;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
export const epochName = (epoch: number): string => pad(epoch, 10);

export const epochKey = (root: string, epoch: number): string => `${root}epochs/${epochName(epoch)}.json`;
export const evidenceKey = (root: string, epoch: number): string => `${root}evidence/${epochName(epoch)}.json`;
export const dataKey = (root: string, epoch: number, sequence: number): string => `${root}data/${epochName(epoch)}/${pad(sequence, 12)}.binlog`;
export const joinKey = (root: string, epoch: number, sequence: number): string => `${root}index/${epochName(epoch)}/${pad(sequence, 12)}.j.json`;

/** What a segment's index is named by. Times in microseconds; of the transactions in it, the smallest and largest earliest and the largest latest commit time. */
export interface SegmentName {
  readonly epoch: number;
  readonly sequence: number;
  readonly transactions: number;
  readonly minEarliest: number;
  readonly maxEarliest: number;
  readonly maxLatest: number;
}

export function segmentKey(root: string, name: SegmentName): string {
  const times = [name.minEarliest, name.maxEarliest, name.maxLatest].map((at) => pad(at, 16)).join('.');
  return `${root}index/${epochName(name.epoch)}/${pad(name.sequence, 12)}.s.${name.transactions}.${times}.json`;
}

export type IndexKey = ({ readonly type: 'segment'; readonly key: string } & SegmentName) | { readonly type: 'join'; readonly key: string; readonly epoch: number; readonly sequence: number };

const segmentPattern = /^index\/(\d{10})\/(\d{12})\.s\.(\d+)\.(\d{16})\.(\d{16})\.(\d{16})\.json$/;
const joinPattern = /^index\/(\d{10})\/(\d{12})\.j\.json$/;

/** Reads an index object's key. Throws VTR1201 on a name that is neither. */
export function parseIndexKey(root: string, key: string): IndexKey {
  const rest = key.slice(root.length);
  const s = segmentPattern.exec(rest);
  if (s) {
    const [epoch, sequence, transactions, minEarliest, maxEarliest, maxLatest] = s.slice(1, 7).map(Number) as [number, number, number, number, number, number];
    return { type: 'segment', key, epoch, sequence, transactions, minEarliest, maxEarliest, maxLatest };
  }
  const j = joinPattern.exec(rest);
  if (j) return { type: 'join', key, epoch: Number(j[1]), sequence: Number(j[2]) };
  throw malformedBinlog(`'${key}' is no object of an archive`);
}
