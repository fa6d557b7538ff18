import type { Micros } from '../../base/time.ts';
import { type ChecksumAlgorithm, eventType } from '../eventHeader.ts';
import { EVENT } from '../eventTypes.ts';
import { decodeQuery } from '../queryEvent.ts';
import { SegmentData } from '../serve/segmentEvents.ts';
import { readMarker, type TransactionMarker } from '../transactionMarker.ts';
import { decodeTransactionPayload, unpackTransactionPayload } from '../transactionPayload.ts';
import type { ArchiveCatalog } from './archiveCatalog.ts';
import type { IndexedTransaction } from './archiveRecords.ts';

/** One archived transaction, and its marker when it is part of a commit over several shards. */
export interface ScannedTransaction {
  readonly gtid: string;
  readonly earliest: Micros;
  readonly latest: Micros;
  readonly marker: TransactionMarker | undefined;
}

/** Longer statements are no marker. */
const maxMarkerBytes = 128;

/**
 * The transactions of an archive that may have committed between two moments (both included), in the archive's order. Segments wholly outside are known by their names and not read; memory is bounded by
 * one segment. Throws what reading the archive throws; VTR0221 when a segment was merged under way (refresh the catalog and begin again).
 */
export async function* scanTransactions(catalog: ArchiveCatalog, from: Micros, to: Micros, signal: AbortSignal): AsyncGenerator<ScannedTransaction, void, void> {
  for (const entry of catalog.entries) {
    if (entry.type !== 'segment' || entry.maxLatest < from || entry.minEarliest > to) continue;
    const index = await catalog.index(entry, signal);
    const data = new SegmentData(catalog, index);
    await data.formatDescription(signal);
    for (const transaction of index.transactions) {
      if (transaction.latest < from || transaction.earliest > to) continue;
      const { gtid, earliest, latest } = transaction;
      yield { gtid, earliest, latest, marker: await markerIn(data, transaction, index.header.checksum, signal) };
    }
  }
}

async function markerIn(data: SegmentData, transaction: IndexedTransaction, checksum: ChecksumAlgorithm, signal: AbortSignal): Promise<TransactionMarker | undefined> {
  if (transaction.kind === 'statement' || transaction.kind === 'incident') return undefined;
  let found: TransactionMarker | undefined;
  for await (const event of data.events(transaction, signal)) {
    // a marker is the last statement: a later one counts
    if (eventType(event) === EVENT.TRANSACTION_PAYLOAD) {
      for (const inner of unpackTransactionPayload(decodeTransactionPayload(event, checksum))) found = markerOf(inner, 'none') ?? found;
    } else {
      found = markerOf(event, checksum) ?? found;
    }
  }
  return found;
}

function markerOf(event: Buffer, checksum: ChecksumAlgorithm): TransactionMarker | undefined {
  const type = eventType(event);
  if (type !== EVENT.QUERY && type !== EVENT.MARIADB_QUERY_COMPRESSED) return undefined;
  const { sql } = decodeQuery(event, checksum);
  return sql.length > maxMarkerBytes ? undefined : readMarker(sql.toString('latin1'));
}
