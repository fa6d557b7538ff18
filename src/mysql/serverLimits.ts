/** Every bound of the server side, in one place. */
export interface ServerLimits {
  /** Connections at once, authenticated or not; more are refused with 1040. */
  readonly maxConnections: number;
  /** Connections that have not logged in yet; more are refused with 1040. */
  readonly maxUnauthenticated: number;
  /** From accept to logged in. */
  readonly authTimeoutMs: number;
  /** Packets before login. */
  readonly maxAuthPacketBytes: number;
  /** A command's payload; the servers behind have their own max_allowed_packet. */
  readonly maxPacketBytes: number;
  /** Between commands; as MySQL's wait_timeout. */
  readonly idleTimeoutMs: number;
  /** A client that takes none of what is written for it. */
  readonly writeTimeoutMs: number;
  /** Commands sent ahead by one client, in bytes, before it is no longer read. */
  readonly maxPipelinedBytes: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  maxConnections: 20_000, maxUnauthenticated: 4_000, authTimeoutMs: 10_000, maxAuthPacketBytes: 128 * 1024, maxPacketBytes: 1 << 30,
  idleTimeoutMs: 28_800_000, writeTimeoutMs: 60_000, maxPipelinedBytes: 1 << 20,
};
