import { VtrewindError } from '../../base/errors.ts';
import type { RawReader } from '../../mysql/clientConnection.ts';
import { CAPABILITY, has } from '../../mysql/constants/capabilities.ts';
import { STATUS } from '../../mysql/constants/statusFlags.ts';
import { decodeErrPacket, serverError } from '../../mysql/packets/errPacket.ts';
import { malformed } from '../../mysql/packets/malformedPacket.ts';
import type { Lease } from '../../mysql/pool.ts';
import type { MysqlServerConnection } from '../../mysql/serverConnection.ts';
import { type HeadMemory, type NameChange, renameInError, renameInHead, scanHead } from './responseHead.ts';
import { RowTracker } from './rowTracker.ts';

/** One statement to pass through: the lease has the client's wire shape and settings already. */
export interface RelayRequest {
  readonly lease: Lease;
  /** The command, framed. */
  readonly bytes: Buffer;
  readonly names: NameChange | undefined;
  readonly head: HeadMemory | undefined;
  /** Status flags of the backend that the client's session decides: cleared with `clearStatus`, then `setStatus` put in. */
  readonly clearStatus: number;
  readonly setStatus: number;
}

/** What a response said, for the session to remember. */
export interface RelayOutcome {
  readonly affectedRows: bigint;
  readonly lastInsertId: bigint;
  readonly warnings: number;
  /** The backend's own status flags. */
  readonly status: number;
  /** -1 when the response was no result set. */
  readonly rows: number;
  /** The statement's error as the backend said it; the client has it already. */
  readonly error: VtrewindError | undefined;
  /** The backend connection broke. */
  readonly lost: VtrewindError | undefined;
  /** The client has seen some of the response: nothing may be tried again. */
  readonly forwarded: boolean;
}

/** Column definitions held until complete; more is no result a client could want. */
const MAX_HEAD_BYTES = 64 << 20;
/** Parts below this are copied into one buffer: one write instead of several. */
const JOIN_BYTES = 32 * 1024;
const EMPTY = Buffer.alloc(0);

/**
 * Forwards the response of one statement at a time from a tablet's connection to a client, undecoded. Reads column definitions, OK, EOF and
 * ERR; row packets are followed by their headers only. Where the client is slow the tablet is not read. One per client session, reused.
 *
 *   head → rows → (MORE_RESULTS: head …) → idle
 */
export class Relay implements RawReader {
  readonly #client: MysqlServerConnection;
  readonly #deprecateEof: boolean;
  readonly #tracker: RowTracker;
  readonly #resume = () => this.#request?.lease.connection.resume();
  #request: RelayRequest | undefined;
  #done: ((outcome: RelayOutcome) => void) | undefined;
  #inRows = false;
  #held: Buffer = EMPTY;
  #forwarded = false;
  #rows = -1;
  #affectedRows = 0n;
  #lastInsertId = 0n;
  #warnings = 0;
  #status = 0;

  constructor(client: MysqlServerConnection) {
    this.#client = client;
    this.#deprecateEof = has(client.capabilities, CAPABILITY.DEPRECATE_EOF);
    this.#tracker = new RowTracker(this.#deprecateEof);
  }

  /** A statement is being passed through. */
  get running(): boolean {
    return this.#request !== undefined;
  }
  /** The connection in use, for KILL. */
  get lease(): Lease | undefined {
    return this.#request?.lease;
  }

  /** Sends the request; `done` is called once, when the response has been forwarded whole or cannot be. */
  run(request: RelayRequest, done: (outcome: RelayOutcome) => void): void {
    this.#request = request;
    this.#done = done;
    this.#inRows = false;
    this.#held = EMPTY;
    this.#forwarded = false;
    this.#rows = -1;
    this.#affectedRows = 0n;
    this.#lastInsertId = 0n;
    this.#warnings = 0;
    this.#status = 0;
    try {
      request.lease.connection.startRaw(this, request.bytes);
    } catch (error) {
      this.onClosed(VtrewindError.from(error));
    }
  }

  onDrain(): void {
    // The request is written whole at once; nothing waits for the tablet to take it.
  }

  onChunk(received: Buffer): void {
    let chunk = received;
    if (this.#held.length > 0) {
      chunk = Buffer.concat([this.#held, received]);
      this.#held = EMPTY;
    }
    try {
      this.#read(chunk);
    } catch (error) {
      const failure = VtrewindError.from(error);
      this.#request?.lease.connection.destroy();
      // destroy() reports through onClosed with its own reason; say the real one when it has not.
      if (this.#request !== undefined) this.onClosed(failure);
    }
  }

  onClosed(error: VtrewindError): void {
    if (this.#request === undefined) return;
    this.#finish(undefined, error);
  }

  /** The client may be told of an error in place of the rest: the last forwarded packet is whole. The sequence id to use is set. */
  canSendError(): boolean {
    if (!this.#forwarded) return true;
    if (!this.#inRows || !this.#tracker.atBoundary) return false;
    this.#client.writer.sequence = (this.#tracker.sequence + 1) & 0xff;
    return true;
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at >= 0) at = this.#inRows ? this.#readRows(chunk, at, at, EMPTY) : this.#readHead(chunk, at);
  }

  /** Reads a result from its first packet on. The next result's offset, or -1 when more bytes are needed or the response has ended. */
  #readHead(chunk: Buffer, at: number): number {
    const request = this.#request;
    if (request === undefined) return -1;
    if (chunk.length - at < 5) return this.#hold(chunk, at);
    const first = chunk[at + 4] as number;
    if (first === 0x00 || first === 0xff) return this.#terminal(chunk, at, at, EMPTY);
    if (first === 0xfb) throw malformed('the tablet asks for a local file');
    const known = request.head?.known(this.#deprecateEof);
    if (known !== undefined && at + known.raw.length <= chunk.length && chunk.compare(known.raw, 0, known.raw.length, at, at + known.raw.length) === 0) {
      return this.#rowsFrom(chunk, at, at + known.raw.length, known.forwarded, known.raw === known.forwarded);
    }
    const scan = scanHead(chunk, at, this.#deprecateEof);
    if (scan.kind === 'partial') {
      if (chunk.length - at > MAX_HEAD_BYTES) throw malformed('column definitions without end');
      return this.#hold(chunk, at);
    }
    const raw = Buffer.from(chunk.subarray(at, scan.end));
    const renamed = request.names === undefined ? raw : renameInHead(raw, request.names);
    request.head?.remember(this.#deprecateEof, { raw, forwarded: renamed });
    return this.#rowsFrom(chunk, at, scan.end, renamed, renamed === raw);
  }

  #rowsFrom(chunk: Buffer, at: number, end: number, head: Buffer, same: boolean): number {
    this.#inRows = true;
    this.#tracker.reset();
    return same ? this.#readRows(chunk, at, end, EMPTY) : this.#readRows(chunk, end, end, head);
  }

  /** Forwards `lead`, then the chunk's bytes from `from`; rows are looked for from `at`. */
  #readRows(chunk: Buffer, from: number, at: number, lead: Buffer): number {
    const found = this.#tracker.scan(chunk, at);
    const end = this.#tracker.forwardable;
    if (found && end + 4 + chunk.readUIntLE(end, 3) <= chunk.length) return this.#terminal(chunk, from, end, lead);
    this.#forward(lead, chunk, from, end, EMPTY);
    return this.#hold(chunk, end);
  }

  #hold(chunk: Buffer, at: number): number {
    this.#held = at < chunk.length ? chunk.subarray(at) : EMPTY;
    return -1;
  }

  /** Reads the packet at `at`, which ends a result, and forwards it with what comes before. The next result's offset, or -1. */
  #terminal(chunk: Buffer, from: number, at: number, lead: Buffer): number {
    const request = this.#request as RelayRequest;
    const size = chunk.readUIntLE(at, 3);
    const end = at + 4 + size;
    if (end > chunk.length) return this.#hold(chunk, from);
    if (chunk[at + 4] === 0xff) {
      const packet = chunk.subarray(at, end);
      const renamed = request.names === undefined ? packet : renameInError(packet, request.names);
      const error = serverError(decodeErrPacket(renamed.subarray(4, 4 + renamed.readUIntLE(0, 3))));
      if (renamed === packet) this.#forward(lead, chunk, from, end, EMPTY);
      else this.#forward(lead, chunk, from, at, renamed);
      this.#finish(error, undefined);
      return -1;
    }
    const status = this.#readEnd(chunk, at, size, request);
    if (this.#inRows) this.#rows = Math.max(this.#rows, 0) + this.#tracker.rows;
    this.#forward(lead, chunk, from, end, EMPTY);
    this.#inRows = false;
    if ((status & STATUS.MORE_RESULTS) !== 0) return end < chunk.length ? end : -1;
    if (end < chunk.length) throw malformed('bytes after the end of a response');
    this.#finish(undefined, undefined);
    return -1;
  }

  /** Reads counts and flags of OK or EOF and writes the session's flags into it. Answers the backend's flags. */
  #readEnd(chunk: Buffer, at: number, size: number, request: RelayRequest): number {
    let statusAt: number;
    const isEof = chunk[at + 4] === 0xfe && !this.#deprecateEof;
    if (isEof) {
      if (size < 5) throw malformed('short EOF');
      this.#warnings = chunk.readUInt16LE(at + 5);
      statusAt = at + 7;
    } else {
      let p = at + 5;
      const affected = lengthEncoded(chunk, p);
      p += lengthEncodedSize(chunk[p] as number);
      const id = lengthEncoded(chunk, p);
      p += lengthEncodedSize(chunk[p] as number);
      if (p + 4 > at + 4 + size) throw malformed('short OK');
      if (chunk[at + 4] === 0x00) {
        this.#affectedRows = affected;
        if (id !== 0n) this.#lastInsertId = id;
      }
      statusAt = p;
      this.#warnings = chunk.readUInt16LE(p + 2);
    }
    const status = chunk.readUInt16LE(statusAt);
    this.#status = status;
    const shown = (status & ~request.clearStatus) | request.setStatus;
    if (shown !== status) chunk.writeUInt16LE(shown & 0xffff, statusAt);
    return status;
  }

  #forward(lead: Buffer, chunk: Buffer, from: number, to: number, tail: Buffer): void {
    const size = lead.length + (to - from) + tail.length;
    if (size === 0) return;
    this.#forwarded = true;
    const client = this.#client;
    let fast: boolean;
    if (lead.length === 0 && tail.length === 0) {
      fast = client.writeRaw(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    } else if (size <= JOIN_BYTES) {
      const joined = Buffer.allocUnsafe(size);
      lead.copy(joined, 0);
      chunk.copy(joined, lead.length, from, to);
      tail.copy(joined, lead.length + to - from);
      fast = client.writeRaw(joined);
    } else {
      if (lead.length > 0) client.writeRaw(lead);
      fast = client.writeRaw(chunk.subarray(from, to));
      if (tail.length > 0) fast = client.writeRaw(tail);
    }
    if (!fast && this.#request !== undefined) {
      this.#request.lease.connection.pause();
      client.whenDrained(this.#resume);
    }
  }

  #finish(error: VtrewindError | undefined, lost: VtrewindError | undefined): void {
    const request = this.#request;
    const done = this.#done;
    if (request === undefined || done === undefined) return;
    this.#request = undefined;
    this.#done = undefined;
    this.#held = EMPTY;
    const { connection } = request.lease;
    if (lost === undefined) {
      connection.endRaw();
      connection.resume();
      connection.status = this.#status;
    }
    done({
      affectedRows: this.#affectedRows, lastInsertId: this.#lastInsertId, warnings: this.#warnings, status: this.#status, rows: this.#rows,
      error, lost, forwarded: this.#forwarded,
    });
  }
}

function lengthEncodedSize(first: number): number {
  return first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}

function lengthEncoded(bytes: Buffer, at: number): bigint {
  const first = bytes[at] ?? 0;
  if (first === 0) return 0n;
  if (first < 0xfb) return BigInt(first);
  if (first === 0xfc) return BigInt(bytes.readUInt16LE(at + 1));
  if (first === 0xfd) return BigInt(bytes.readUIntLE(at + 1, 3));
  if (at + 9 > bytes.length) throw malformed('short length-encoded integer');
  return bytes.readBigUInt64LE(at + 1);
}
