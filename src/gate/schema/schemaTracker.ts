import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { delay } from '../../base/wait.ts';
import type { SchemaView, TrackedTable } from '../../planner/context.ts';
import type { QueryResult } from '../../vitess/queryService.ts';
import { readTrackedSchema, schemaQueries } from './trackedSchema.ts';

/** Asks any serving tablet of the keyspace (the primary first, a replica for a snapshot); its own database is the default one. */
export type AskKeyspace = (keyspace: string, sql: string, signal: AbortSignal) => Promise<QueryResult>;

export interface SchemaTrackerOptions {
  readonly ask: AskKeyspace;
  readonly log: Log;
  /** Called after a keyspace's tables were read anew, so that plans made from the old ones are dropped. */
  readonly onChange: (keyspace: string) => void;
}

/** Failed reads are tried again after this long, doubling up to the last; a keyspace without tablets costs one question every five seconds. */
const firstRetryMs = 200;
const lastRetryMs = 5_000;

/**
 * The columns, keys and collations of every keyspace's tables, as its tablets have them now, so that `select *`, unqualified columns and sorting
 * across shards work without column lists in the vschema. `reload` is called when a keyspace appears and when StreamHealth says that its
 * schema changed; calls while one runs are answered by one more run after it.
 */
export class SchemaTracker implements SchemaView {
  readonly #options: SchemaTrackerOptions;
  readonly #keyspaces = new Map<string, { tables: ReadonlyMap<string, TrackedTable>; loading: Promise<void> | undefined; again: boolean; readonly abort: AbortController }>();

  constructor(options: SchemaTrackerOptions) {
    this.#options = options;
  }

  table(keyspace: string, table: string): TrackedTable | undefined {
    return this.#keyspaces.get(keyspace)?.tables.get(table);
  }

  /** Names of the keyspace's tables and views, sorted; empty when none were read yet. */
  tableNames(keyspace: string): string[] {
    return [...(this.#keyspaces.get(keyspace)?.tables.keys() ?? [])].sort();
  }

  /** Reads the keyspace's schema, retrying until it succeeds or `forget` is called. Resolves after the read that began last. */
  reload(keyspace: string): Promise<void> {
    let state = this.#keyspaces.get(keyspace);
    if (state === undefined) {
      state = { tables: new Map(), loading: undefined, again: false, abort: new AbortController() };
      this.#keyspaces.set(keyspace, state);
    }
    if (state.loading !== undefined) {
      state.again = true;
      return state.loading;
    }
    const own = state;
    own.loading = this.#load(keyspace, own).finally(() => {
      own.loading = undefined;
    });
    return own.loading;
  }

  /** Drops what is known of a keyspace that is gone. */
  forget(keyspace: string): void {
    this.#keyspaces.get(keyspace)?.abort.abort();
    this.#keyspaces.delete(keyspace);
  }

  /** Stops all reads and waits for their end. */
  async close(): Promise<void> {
    const running = [...this.#keyspaces.values()].flatMap((state) => state.loading ?? []);
    for (const keyspace of [...this.#keyspaces.keys()]) this.forget(keyspace);
    await Promise.all(running);
  }

  async #load(keyspace: string, state: { tables: ReadonlyMap<string, TrackedTable>; again: boolean; readonly abort: AbortController }): Promise<void> {
    const { signal } = state.abort;
    let retryMs = firstRetryMs;
    do {
      state.again = false;
      try {
        const tables = await this.#read(keyspace, signal);
        if (signal.aborted) return;
        state.tables = tables;
        this.#options.onChange(keyspace);
        retryMs = firstRetryMs;
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.debug({ keyspace, error: VtrewindError.from(error).message, retryMs }, 'schema not read yet');
        state.again = true;
        await delay(retryMs, signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, lastRetryMs);
      }
    } while (state.again && !signal.aborted);
  }

  async #read(keyspace: string, signal: AbortSignal): Promise<ReadonlyMap<string, TrackedTable>> {
    const ask = (sql: string) => this.#options.ask(keyspace, sql, signal);
    const version = (await ask('select version()')).rows[0]?.[0]?.toString() ?? '';
    const collations = await ask(version.includes('MariaDB') ? schemaQueries.mariadbCollations : schemaQueries.mysqlCollations);
    const columns = await ask(schemaQueries.columns);
    const uniqueKeys = await ask(schemaQueries.uniqueKeys);
    const foreignKeys = await ask(schemaQueries.foreignKeys);
    return readTrackedSchema(keyspace, { columns, uniqueKeys, foreignKeys, collations });
  }
}
