import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../constants/errorCodes.ts';
import { MAX_PAYLOAD } from './packetWriter.ts';

/** Receives whole payloads: continuations joined, headers removed. `sequence` is that of the last physical packet. */
export type PacketSink = (payload: Buffer, sequence: number) => void;

/**
 * Cuts a stream of bytes into packets. A payload that lies whole in one chunk is passed as a view of it; only payloads that arrive in
 * parts are joined (once). Bounded: a payload beyond `maxPayload` bytes throws VTR0804 (MySQL 1153) as soon as its headers say so.
 */
export class PacketFramer {
  readonly #sink: PacketSink;
  maxPayload: number;
  /** Chunks of the physical packet under way, header bytes included. */
  #parts: Buffer[] = [];
  #have = 0;
  /** Bytes the packet under way needs in all (header included); 4 while its header is incomplete. */
  #need = 4;
  /** Payload pieces of earlier continuations of the same logical packet. */
  #continued: Buffer[] = [];
  #continuedBytes = 0;
  #stopped = false;

  constructor(sink: PacketSink, maxPayload: number) {
    this.#sink = sink;
    this.maxPayload = maxPayload;
  }

  /** Whether bytes of an unfinished packet are held. */
  get midPacket(): boolean {
    return this.#have > 0 || this.#continued.length > 0;
  }

  /** From inside the sink: the bytes after this packet are not to be framed; `push` returns them. */
  stop(): void {
    this.#stopped = true;
  }

  /** Feeds a chunk; returns the bytes left over when the sink called {@link stop}, else an empty buffer. */
  push(chunk: Buffer): Buffer {
    let at = 0;
    this.#stopped = false;
    while (at < chunk.length) {
      if (this.#have === 0 && chunk.length - at >= 4) {
        const size = (chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16);
        const end = at + 4 + size;
        if (end <= chunk.length) {
          const sequence = chunk[at + 3] as number;
          const payload = chunk.subarray(at + 4, end);
          at = end;
          this.#physical(payload, sequence);
          if (this.#stopped) return chunk.subarray(at);
          continue;
        }
      }
      at = this.#hold(chunk, at);
      if (this.#stopped) return chunk.subarray(at);
    }
    return EMPTY;
  }

  /** Keeps what belongs to the packet under way and completes it when all is there. Returns the new offset. */
  #hold(chunk: Buffer, at: number): number {
    const take = Math.min(this.#need - this.#have, chunk.length - at);
    this.#parts.push(chunk.subarray(at, at + take));
    this.#have += take;
    const next = at + take;
    if (this.#have < this.#need) return next;
    const whole = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#have);
    if (this.#need === 4) {
      const size = whole.readUIntLE(0, 3);
      this.#check(size);
      if (size > 0) {
        this.#parts = [whole];
        this.#need = 4 + size;
        return next;
      }
    }
    this.#parts = [];
    this.#have = 0;
    this.#need = 4;
    this.#physical(whole.subarray(4), whole[3] as number);
    return next;
  }

  #physical(payload: Buffer, sequence: number): void {
    this.#check(payload.length);
    if (payload.length === MAX_PAYLOAD) {
      this.#continued.push(payload);
      this.#continuedBytes += payload.length;
      return;
    }
    if (this.#continued.length === 0) {
      this.#sink(payload, sequence);
      return;
    }
    this.#continued.push(payload);
    const whole = Buffer.concat(this.#continued, this.#continuedBytes + payload.length);
    this.#continued = [];
    this.#continuedBytes = 0;
    this.#sink(whole, sequence);
  }

  #check(size: number): void {
    if (this.#continuedBytes + size > this.maxPayload) {
      throw new VtrewindError({
        code: 'VTR0804', mysql: ER.NET_PACKET_TOO_LARGE, sqlState: '08S01', grpc: 'RESOURCE_EXHAUSTED',
        message: "Got a packet bigger than 'max_allowed_packet' bytes", hint: `the limit is ${this.maxPayload} bytes`,
      });
    }
  }
}

const EMPTY = Buffer.alloc(0);
