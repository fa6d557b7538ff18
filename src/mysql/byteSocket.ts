/** What the connection classes hear from a socket. Calls come in order; nothing follows `onClose`. */
export interface ByteSocketHandler {
  onData(chunk: Buffer): void;
  /** Everything written so far has left the process's queue. */
  onDrain(): void;
  /** Once, whatever the reason; `error` when it was not an orderly end. */
  onClose(error: Error | undefined): void;
}

/**
 * The few calls that the wire layer needs of a socket. Implemented over `node:net` and `node:tls`, on Node and Bun alike.
 * Nothing else of vtrewind's MySQL side touches a socket.
 */
export interface ByteSocket {
  /** Takes ownership of `chunk`. False: more is queued than the high-water mark; wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /** Writes between cork and uncork leave in one system call. */
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  /** Bytes written but not yet handed to the kernel. */
  readonly queued: number;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Through a unix socket. */
  readonly local: boolean;
  handle(handler: ByteSocketHandler): void;
}
