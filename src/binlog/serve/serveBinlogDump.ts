import type { MysqlServerConnection } from '../../mysql/serverConnection.ts';
import { cannotServe } from '../archive/archiveError.ts';
import type { Cut } from '../archive/findCut.ts';
import { artificialRotate, heartbeatEvent } from '../controlEvents.ts';
import { buildEvent, type ChecksumAlgorithm, HEADER_BYTES, withChecksum } from '../eventHeader.ts';
import { EVENT } from '../eventTypes.ts';
import { relocateFormatDescription } from '../formatDescription.ts';
import type { ReplayFrom, ReplayItem, ReplaySource } from './replaySource.ts';

/** The part of a server connection that a dump writes to. */
export type DumpConnection = Pick<MysqlServerConnection, 'writer' | 'flush' | 'drained' | 'sendEof' | 'closed'>;

export interface DumpOptions {
  readonly from: ReplayFrom;
  /** Nothing past it is sent, whatever the replica asks; heartbeats go on so that it stays attached. */
  readonly until?: Cut | undefined;
  /** Whether the replica takes checksums. */
  readonly checksum: ChecksumAlgorithm;
  readonly heartbeatMs?: number | undefined;
  /** End with EOF instead of waiting for more. */
  readonly nonBlocking: boolean;
  readonly serverId: number;
  readonly signal: AbortSignal;
  /** Called after each flush with what has been sent in all. */
  readonly onProgress?: ((sent: { readonly events: number; readonly bytes: number; readonly caughtUp: boolean }) => void) | undefined;
}

/** Packets gathered before they are written: one system call for many small events. */
const flushBytes = 64 * 1024;

/**
 * Answers COM_BINLOG_DUMP or COM_BINLOG_DUMP_GTID as a source does: an artificial rotate and format description for every file, then events, then heartbeats while there is nothing. Returns
 * when the replica is gone, or at the end of a non-blocking dump (EOF sent).
 */
export async function serveBinlogDump(connection: DumpConnection, source: ReplaySource, options: DumpOptions): Promise<void> {
  const dump = new Dump(connection, options);
  const items = source.read({ from: options.from, until: options.until }, options.signal);
  try {
    let waiting = false;
    let next = items.next();
    for (;;) {
      if (waiting && (await dump.idle(next)) === 'heartbeat') continue;
      const { value: item, done } = await next;
      if (done || connection.closed) {
        if (!done) return;
        break;
      }
      const full = dump.send(item);
      waiting = item.type === 'caughtUp' || item.type === 'end';
      if (full) await dump.flush();
      if (waiting) {
        await dump.flush();
        if (options.nonBlocking) break;
      }
      next = items.next();
    }
    if (options.nonBlocking) {
      connection.sendEof();
      return;
    }
    // the cut is reached: stay attached, and send nothing but heartbeats
    while (!connection.closed) if ((await dump.idle(undefined)) === 'gone') return;
  } catch (error) {
    if (options.signal.aborted) return;
    throw error;
  } finally {
    await items.return();
  }
}

class Dump {
  readonly #connection: DumpConnection;
  readonly #options: DumpOptions;
  /** What follows ends this way, as the replica sees it. */
  #outgoing: ChecksumAlgorithm;
  #incoming: ChecksumAlgorithm = 'crc32';
  #file = '';
  #position = 4;
  #events = 0;
  #bytes = 0;
  #caughtUp = false;

  constructor(connection: DumpConnection, options: DumpOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#outgoing = options.checksum;
  }

  /** Queues one item; true when it is time to flush. */
  send(item: ReplayItem): boolean {
    switch (item.type) {
      case 'file': this.#open(item); break;
      case 'event': {
        this.#packet(this.#incoming === this.#outgoing ? item.event : withChecksum(item.event, this.#incoming, this.#outgoing));
        this.#position = item.position;
        this.#events++;
        this.#bytes += item.event.length;
        this.#caughtUp = false;
        break;
      }
      default: this.#caughtUp = true;
    }
    return this.#connection.writer.length >= flushBytes;
  }

  #open(item: Extract<ReplayItem, { type: 'file' }>): void {
    this.#packet(artificialRotate(this.#options.serverId, item.file, BigInt(item.position), this.#outgoing));
    this.#file = item.file;
    this.#position = item.position;
    this.#incoming = item.checksum;
    // a source without checksums is passed on as it is, also to a replica that takes them
    this.#outgoing = this.#options.checksum === 'crc32' ? item.checksum : 'none';
    this.#packet(formatFor(item.formatDescription, this.#outgoing));
  }

  #packet(event: Buffer): void {
    this.#connection.writer.begin().uint8(0).bytes(event).end();
  }

  async flush(): Promise<void> {
    if (this.#connection.writer.length > 0 && !this.#connection.flush()) await this.#connection.drained();
    this.#options.onProgress?.({ events: this.#events, bytes: this.#bytes, caughtUp: this.#caughtUp });
  }

  /** Waits for the next item, at most until a heartbeat is due, and sends that. */
  async idle(next: Promise<unknown> | undefined): Promise<'item' | 'heartbeat' | 'gone'> {
    const { signal, heartbeatMs } = this.#options;
    if (signal.aborted) return 'gone';
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const due = new Promise<'heartbeat' | 'gone'>((resolve) => {
      onAbort = () => resolve('gone');
      signal.addEventListener('abort', onAbort, { once: true });
      if (heartbeatMs !== undefined && this.#file !== '') timer = setTimeout(() => resolve('heartbeat'), heartbeatMs);
    });
    try {
      const first = await Promise.race(next === undefined ? [due] : [next.then(() => 'item' as const, () => 'item' as const), due]);
      if (first === 'heartbeat') {
        this.#packet(heartbeatEvent(this.#options.serverId, this.#file, BigInt(this.#position), this.#outgoing));
        await this.flush();
      }
      return first;
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }
}

/** The format description as it is sent in mid-stream, saying how the events behind it end. */
function formatFor(event: Buffer, outgoing: ChecksumAlgorithm): Buffer {
  const sent = relocateFormatDescription(event, { artificial: true });
  const body = Buffer.from(sent.subarray(HEADER_BYTES, sent.length - 4));
  body[body.length - 1] = outgoing === 'crc32' ? 1 : 0;
  return buildEvent({ type: EVENT.FORMAT_DESCRIPTION, serverId: sent.readUInt32LE(5), timestamp: sent.readUInt32LE(0), flags: sent.readUInt16LE(17) }, body, 'crc32');
}

/** Throws VTR1214 when `from` is of the other flavour. */
export function checkFlavour(from: ReplayFrom, flavour: 'mysql' | 'mariadb'): void {
  if (from.type === 'state' && from.state.flavour !== flavour) throw cannotServe(`a ${from.state.flavour} replica cannot follow a ${flavour} source`);
}
