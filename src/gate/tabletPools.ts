import type { Log } from '../base/log.ts';
import { WIRE_SHAPE } from '../mysql/constants/capabilities.ts';
import { MysqlPool } from '../mysql/pool.ts';

export interface TabletPoolsOptions {
  readonly user: string;
  readonly password: string;
  /** Connections to one tablet for one wire shape. */
  readonly maxConnections: number;
  readonly log: Log;
}

interface PoolsOfTablet {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly byShape: Map<number, MysqlPool>;
}

/** The connection pools to the tablets' servers: by tablet, and by the flags that shape a response. */
export class TabletPools {
  readonly #options: TabletPoolsOptions;
  readonly #tablets = new Map<string, PoolsOfTablet>();

  constructor(options: TabletPoolsOptions) {
    this.#options = options;
  }

  /** The pool to a tablet; one whose address or database changed is closed and begun anew. */
  pool(alias: string, host: string, port: number, databaseName: string, capabilities: number): MysqlPool {
    let tablet = this.#tablets.get(alias);
    if (tablet === undefined || tablet.port !== port || tablet.host !== host || tablet.databaseName !== databaseName) {
      if (tablet !== undefined) this.#close(tablet);
      tablet = { host, port, databaseName, byShape: new Map() };
      this.#tablets.set(alias, tablet);
    }
    let pool = tablet.byShape.get(capabilities);
    if (pool === undefined) {
      const { user, password, maxConnections, log } = this.#options;
      pool = new MysqlPool({
        connect: { host, port, user, password, database: databaseName, capabilities, withoutCapabilities: WIRE_SHAPE & ~capabilities, attributes: { program_name: 'vtrewind gate' } },
        maxConnections, log,
      });
      tablet.byShape.set(capabilities, pool);
    }
    return pool;
  }

  /** Closes the pools of tablets that are gone. */
  keepOnly(aliases: ReadonlySet<string>): void {
    for (const [alias, tablet] of this.#tablets) {
      if (aliases.has(alias)) continue;
      this.#tablets.delete(alias);
      this.#close(tablet);
    }
  }

  stats(): { readonly alias: string; readonly open: number; readonly inUse: number; readonly waiting: number }[] {
    return [...this.#tablets].map(([alias, tablet]) => {
      const all = [...tablet.byShape.values()].map((pool) => pool.stats());
      const sum = (of: (stats: { readonly open: number; readonly inUse: number; readonly waiting: number }) => number) => all.reduce((total, stats) => total + of(stats), 0);
      return { alias, open: sum((s) => s.open), inUse: sum((s) => s.inUse), waiting: sum((s) => s.waiting) };
    });
  }

  #close(tablet: PoolsOfTablet): void {
    for (const pool of tablet.byShape.values()) pool.close();
  }

  close(): void {
    this.keepOnly(new Set());
  }
}
