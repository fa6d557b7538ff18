import { buildEvent, type ChecksumAlgorithm, eventServerId, eventTimestamp, eventType } from '../binlog/eventHeader.ts';
import { EVENT } from '../binlog/eventTypes.ts';
import { decodeMariadbGtid } from '../binlog/gtidEvents.ts';
import { type MariadbGtid, printMariadbGtid } from '../binlog/mariadbGtid.ts';
import type { ReplayItem, ReplaySource } from '../binlog/serve/replaySource.ts';

/**
 * A MariaDB source with some transactions emptied: their GTID is there and commits nothing, so that the replica's position still passes over it. (MySQL needs no such source: an empty
 * transaction of the same GTID, made on the restored server beforehand, has the source leave it out.)
 */
export function stepOver(source: ReplaySource, exclude: readonly string[]): ReplaySource {
  if (exclude.length === 0) return source;
  const wanted = new Set(exclude);
  return {
    describe: () => source.describe(),
    files: (signal) => source.files(signal),
    read: (request, signal) => emptied(source.read(request, signal), wanted),
  };
}

async function* emptied(items: AsyncGenerator<ReplayItem, void, void>, wanted: ReadonlySet<string>): AsyncGenerator<ReplayItem, void, void> {
  let checksum: ChecksumAlgorithm = 'crc32';
  let within = false;
  for await (const item of items) {
    if (item.type === 'file') checksum = item.checksum;
    if (item.type !== 'event') {
      yield item;
      continue;
    }
    const { event, position } = item;
    if (eventType(event) === EVENT.MARIADB_GTID) {
      const { gtid } = decodeMariadbGtid(event, checksum);
      within = wanted.has(printMariadbGtid(gtid));
      if (within) {
        yield { type: 'event', event: plainGtid(event, gtid, checksum), position };
        yield { type: 'event', event: buildEvent({ type: EVENT.XID, serverId: eventServerId(event), timestamp: eventTimestamp(event), nextPosition: position }, Buffer.alloc(8), checksum), position };
        continue;
      }
    }
    if (!within) yield item;
  }
}

/** A GTID event that opens an ordinary transaction (not standalone, no XA, no group commit), whatever the original opened. Body: sequence, domain, flags, six bytes of padding. */
function plainGtid(event: Buffer, gtid: MariadbGtid, checksum: ChecksumAlgorithm): Buffer {
  const body = Buffer.alloc(19);
  body.writeBigUInt64LE(gtid.sequence, 0);
  body.writeUInt32LE(gtid.domain, 8);
  return buildEvent({ type: EVENT.MARIADB_GTID, serverId: eventServerId(event), timestamp: eventTimestamp(event), nextPosition: event.readUInt32LE(13) }, body, checksum);
}
