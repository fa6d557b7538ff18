import type { VtrewindError } from '../base/errors.ts';

/** Consumes what a server sends while a command is under way. */
export interface PacketConsumer {
  onPacket(payload: Buffer): void;
  /** The connection is gone; called at most once, nothing follows. */
  onClosed(error: VtrewindError): void;
}

/** Packets kept beyond this many bytes pause the socket; half of it resumes. */
const HIGH_WATER_BYTES = 4 << 20;

/** Where flow of a socket is stopped and let go. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** Packets read one at a time by awaiting code: handshakes and binlog streams. Back-pressure reaches the socket through `flow`. */
export class PacketInbox implements PacketConsumer {
  readonly #flow: Flow;
  readonly #packets: Buffer[] = [];
  #bytes = 0;
  #paused = false;
  #closed: VtrewindError | undefined;
  #waiter: { readonly resolve: (payload: Buffer) => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  onPacket(payload: Buffer): void {
    const waiter = this.#waiter;
    if (waiter !== undefined) {
      this.#waiter = undefined;
      waiter.resolve(payload);
      return;
    }
    this.#packets.push(payload);
    this.#bytes += payload.length;
    if (this.#bytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#flow.pause();
    }
  }

  onClosed(error: VtrewindError): void {
    this.#closed = error;
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  /** The next packet; what arrived before the connection closed is still given. One reader at a time. */
  read(): Promise<Buffer> {
    const payload = this.#packets.shift();
    if (payload !== undefined) {
      this.#bytes -= payload.length;
      if (this.#paused && this.#bytes < HIGH_WATER_BYTES / 2) {
        this.#paused = false;
        this.#flow.resume();
      }
      return Promise.resolve(payload);
    }
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }
}
