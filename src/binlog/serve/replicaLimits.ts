import type { ServerLimits } from '../../mysql/serverLimits.ts';

/** Bounds of a listener that serves replicas: few clients, small commands (a GTID set is the largest), and patience with a replica whose disk is full. */
export const replicaLimits: Partial<ServerLimits> = { maxConnections: 1000, maxUnauthenticated: 200, maxPacketBytes: 64 << 20, writeTimeoutMs: 600_000 };
