import type { BindVariables, ExecuteOptions, Field, QueryResult, Target } from '../../vitess/queryService.ts';
import { StatementFailedInTransaction } from '../../vitess/statementFailed.ts';
import type { TabletHandle } from './ports.ts';
import { encodeText } from '../../sql/index.ts';
import type { TextRules } from './mysqlLink.ts';
import { renamed } from './renamedError.ts';
import { renamedSchemas } from './renamedSchema.ts';
import type { LinkOptions, OnLinkPart, ShardLink } from './shardLink.ts';

/** {@link ShardLink} over a tablet's query service (gRPC): transactions and settings are ids there. */
export class ServiceLink implements ShardLink {
  readonly handle: TabletHandle;
  /** SET statements that the session's connection needs; none: any connection of the tablet will do. */
  readonly #settings: readonly string[];
  readonly #rules: (() => TextRules) | undefined;
  readonly #options: ExecuteOptions;
  readonly #running = new Set<AbortController>();
  #transactionId = 0n;
  #reservedId = 0n;
  #lost = false;
  pinned = false;

  constructor(handle: TabletHandle, settings: readonly string[], options: ExecuteOptions, rules?: () => TextRules) {
    this.handle = handle;
    this.#settings = settings;
    this.#rules = rules;
    this.#options = options;
  }

  get target(): Target {
    return this.handle.target;
  }
  get alias(): string {
    return this.handle.alias;
  }
  get inTransaction(): boolean {
    return this.#transactionId !== 0n;
  }
  get lost(): boolean {
    return this.#lost;
  }

  async checkSettings(): Promise<void> {
    if (this.#settings.length > 0) await this.execute('select 1', {}, {});
  }

  async begin(statements: readonly string[]): Promise<void> {
    const { service, target } = this.handle;
    // BEGIN is the service's own; what comes with it (isolation, savepoints) are statements around it.
    const options = { ...this.#options, ...transactionOptions(statements) };
    const after = statements.filter((statement) => statement.startsWith('savepoint'));
    if (this.#settings.length === 0 && this.#reservedId === 0n && !this.pinned) {
      this.#transactionId = (await service.begin(target, options)).transactionId;
    } else {
      const opened = await this.#kept(service.reserveBeginExecute(target, this.#settings, [], 'select 1', {}, options));
      this.#transactionId = opened.transactionId;
      this.#reservedId = opened.reservedId;
    }
    for (const statement of after) await this.execute(statement, {}, {});
  }

  async execute(sql: string, binds: BindVariables, options: LinkOptions): Promise<QueryResult> {
    const { service, target } = this.handle;
    return this.#abortable(options, async (signal) => {
      const how = { ...this.#options, signal, settings: this.#settings, ...(options.onInsertId === undefined ? {} : { fetchLastInsertId: true }) };
      if (this.#reservedId === 0n && this.#transactionId === 0n && options.onFoundRows !== undefined) {
        // What a connection remembers of its last statement needs a connection of its own, to which the tablet has nothing more to say.
        this.#reservedId = (await this.#kept(service.reserveExecute(target, this.#settings, 'select 1', {}, 0n, { ...this.#options, signal, settings: this.#settings }))).reservedId;
      }
      let result: QueryResult;
      if (this.#reservedId === 0n && this.#transactionId === 0n && this.pinned) {
        const reserved = await this.#kept(service.reserveExecute(target, this.#settings, this.#text(sql), binds, 0n, how));
        this.#reservedId = reserved.reservedId;
        result = reserved.result;
      } else {
        result = await service.execute(target, this.#text(sql), binds, { transactionId: this.#transactionId, reservedId: this.#reservedId }, how);
      }
      if (result.insertIdChanged === true) options.onInsertId?.(result.insertId);
      if (options.onFoundRows !== undefined) {
        const counted = await service.execute(target, 'select found_rows()', {}, { transactionId: this.#transactionId, reservedId: this.#reservedId }, { ...this.#options, signal });
        options.onFoundRows(BigInt(counted.rows[0]?.[0]?.toString() ?? '0'));
      }
      return { ...result, rows: renamedSchemas(this.handle, result.fields, result.rows) };
    });
  }

  /** A statement that failed may leave its connection reserved: it is remembered, to be used or released. */
  async #kept<T>(reserving: Promise<T>): Promise<T> {
    try {
      return await reserving;
    } catch (error) {
      if (error instanceof StatementFailedInTransaction) {
        this.#transactionId = error.transactionId;
        this.#reservedId = error.reservedId;
      }
      throw error;
    }
  }

  async stream(sql: string, binds: BindVariables, options: LinkOptions, onPart: OnLinkPart): Promise<void> {
    const { service, target } = this.handle;
    let fields: readonly Field[] = [];
    const shown: OnLinkPart = (part) => {
      fields = part.fields ?? fields;
      return onPart({ ...part, rows: renamedSchemas(this.handle, fields, part.rows) });
    };
    await this.#abortable(options, (signal) => service.streamExecute(target, this.#text(sql), binds, { transactionId: this.#transactionId, reservedId: this.#reservedId }, { ...this.#options, signal, settings: this.#settings }, shown));
  }

  /** In the character set that the session's settings tell the server. */
  #text(sql: string): string | Buffer {
    const charset = this.#rules?.().charset;
    return charset === undefined || charset.decoder === 'utf-8' ? sql : encodeText(sql, charset);
  }

  async #abortable<T>(options: LinkOptions, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    const stop = () => abort.abort(options.signal?.reason);
    const timer = options.timeoutMs === undefined || options.timeoutMs <= 0 ? undefined : setTimeout(() => abort.abort(), options.timeoutMs);
    options.signal?.addEventListener('abort', stop, { once: true });
    this.#running.add(abort);
    try {
      return await run(abort.signal);
    } catch (error) {
      throw renamed(error, this.handle);
    } finally {
      this.#running.delete(abort);
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
    }
  }

  async commit(): Promise<void> {
    const { service, target } = this.handle;
    const id = this.#transactionId;
    this.#transactionId = 0n;
    this.#reservedId = (await service.commit(target, id)).reservedId;
  }

  async rollback(): Promise<void> {
    if (this.#transactionId === 0n) return;
    const { service, target } = this.handle;
    const id = this.#transactionId;
    this.#transactionId = 0n;
    this.#reservedId = (await service.rollback(target, id)).reservedId;
  }

  cancel(): Promise<void> {
    for (const abort of this.#running) abort.abort();
    return Promise.resolve();
  }

  release(): void {
    const { service, target } = this.handle;
    if (this.#transactionId === 0n && this.#reservedId === 0n) return;
    const [transactionId, reservedId] = [this.#transactionId, this.#reservedId];
    this.#transactionId = 0n;
    this.#reservedId = 0n;
    const given = reservedId === 0n ? service.rollback(target, transactionId).then(() => undefined) : service.release(target, transactionId, reservedId);
    given.catch(() => {
      // The tablet ends what it does not hear of by its own timeouts.
      this.#lost = true;
    });
  }
}

const levels: Readonly<Record<string, ExecuteOptions['transactionIsolation']>> = {
  'read uncommitted': 'READ_UNCOMMITTED', 'read committed': 'READ_COMMITTED', 'repeatable read': 'REPEATABLE_READ', serializable: 'SERIALIZABLE',
};

/** What BEGIN's surroundings ask for, in the service's own words: `set transaction isolation level …, read only`, `start transaction with consistent snapshot`. */
function transactionOptions(statements: readonly string[]): Pick<ExecuteOptions, 'transactionIsolation' | 'transactionAccessMode'> {
  const text = statements.filter((statement) => !statement.startsWith('savepoint')).join(' ');
  const level = Object.keys(levels).find((name) => text.includes(`isolation level ${name}`));
  const access: ('CONSISTENT_SNAPSHOT' | 'READ_WRITE' | 'READ_ONLY')[] = [];
  if (text.includes('with consistent snapshot')) access.push('CONSISTENT_SNAPSHOT');
  if (text.includes('read only')) access.push('READ_ONLY');
  else if (text.includes('read write')) access.push('READ_WRITE');
  return { ...(level === undefined ? {} : { transactionIsolation: levels[level] }), ...(access.length === 0 ? {} : { transactionAccessMode: access }) };
}
