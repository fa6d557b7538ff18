import type { Log } from '../base/log.ts';
import type { BinlogServer } from '../recovery/binlogServerArchive.ts';
import type { Storage } from '../storage/storage.ts';
import type { Topology } from '../topo/topoServer.ts';

/** A MySQL account; the same secrets serve all tablets, gates and archivers of a cluster. */
export interface Account {
  readonly user: string;
  readonly password: string;
}

export type BinlogServerAddress = BinlogServer;

/** What a tablet agent is told. Addresses are `host:port`; port 0 takes a free one and keeps it over restarts. */
export interface TabletOptions {
  /** Opened and closed by the caller. */
  readonly topology: Topology;
  /** `zone1-0000000100`: the cell and the number of this tablet. */
  readonly alias: string;
  /** Everything of this tablet lies below: data, binlogs, option file, state. */
  readonly folder: string;
  /** `auto` (default), or the path of a server. */
  readonly mysqld?: string;
  /** As others reach this host; default 127.0.0.1. The server listens there too. */
  readonly hostname?: string;
  /** Default 127.0.0.1:0. */
  readonly grpcAddress?: string;
  readonly mysqlPort?: number;
  /** Default 127.0.0.1:0. */
  readonly httpAddress?: string;
  readonly keyspace: string;
  readonly shard: string;
  /** What it is when it is not the primary; default REPLICA. */
  readonly tabletType?: 'REPLICA' | 'RDONLY';
  /** Become the primary when the shard has none yet. */
  readonly initPrimary?: boolean;
  readonly users: { readonly app: Account; readonly repl: Account };
  /** Backup storage; needed for backups and restores. */
  readonly storage?: Storage;
  /** A new tablet starts from the newest backup of its shard. A tablet of a snapshot keyspace always starts from one. */
  readonly restoreFromBackup?: boolean;
  /** The binlog server to replay from (`--binlog-host` …); omitted: the archive in `storage`. */
  readonly archive?: BinlogServerAddress;
  /** How long finding the last GTID before the cut may take; default 60,000. */
  readonly pitrGtidLookupTimeoutMs?: number;
  /** More option file lines for the server. */
  readonly mysqldOptions?: readonly string[];
  readonly bufferPoolBytes?: number;
  /** `allow` makes a restored tablet a scratch copy that takes writes; default refuse. */
  readonly snapshotWrites?: 'refuse' | 'allow';
  /** How often the server's state is looked at; default 1000. */
  readonly healthIntervalMs?: number;
  readonly log: Log;
}
