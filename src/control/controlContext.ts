import type { Log } from '../base/log.ts';
import type { RestorableWindow } from '../recovery/restorableWindow.ts';
import type { Storage } from '../storage/storage.ts';
import type { Topology } from '../topo/topoServer.ts';
import type { Tablet } from '../vitess/gen/topodata.ts';
import type { TabletManagerClient } from '../vitess/tabletManager.ts';

/** What the control role's actions work on. */
export interface ControlContext {
  readonly topology: Topology;
  /** Where backups and the archive are; undefined when control was started without. */
  readonly storage: Storage | undefined;
  readonly log: Log;
  /** Counts a call that ended; `started` is its `performance.now()`. */
  readonly observe: (call: string, ok: boolean, started: number) => void;
  /** A connection to a tablet's agent; kept and shared, so callers don't close it. */
  readonly tabletManager: (tablet: Tablet) => TabletManagerClient;
  /** The restorable window of one shard. */
  readonly window: (keyspace: string, shard: string) => Promise<RestorableWindow>;
}
