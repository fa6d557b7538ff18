import { VtrewindError } from '../../base/errors.ts';
import { delay } from '../../base/wait.ts';
import type { MysqlClientConnection } from '../../mysql/clientConnection.ts';
import type { Lease, MysqlPool } from '../../mysql/pool.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { type QueryTemplate, queryTemplate } from '../../mysql/queryTemplate.ts';
import { encodeText, type SqlSettings } from '../../sql/index.ts';
import type { BindVariables, Field, QueryResult, Target } from '../../vitess/queryService.ts';
import type { TabletHandle } from './ports.ts';
import { renamed } from './renamedError.ts';
import { renamedSchemas } from './renamedSchema.ts';
import type { Warning } from './sessionState.ts';
import type { LinkOptions, OnLinkPart, ShardLink } from './shardLink.ts';

/** Statements of plans are few and repeat; the oldest leave. */
const MAX_TEMPLATES = 5000;
/** How often KILL QUERY is said for one statement, and how long it may take effect in between. */
const KILL_ATTEMPTS = 20;
const KILL_AGAIN_MS = 50;
/** The bind variable that the planner puts for the schema's name. */
const SCHEMA_NAME = '__vtschemaname';
/** Stands for no insert id: shows whether a statement set one. */
const NO_INSERT_ID = 18_446_744_073_709_543_210n;
const templates = new Map<string, QueryTemplate>();

/** How a session's connections read text. */
export type TextRules = Pick<SqlSettings, 'noBackslashEscapes' | 'charset'>;

/** The template of a statement's text, written and sent by these rules. */
export function templateOf(sql: string, { noBackslashEscapes, charset }: TextRules): QueryTemplate {
  const isUtf8 = charset.decoder === 'utf-8';
  const key = !noBackslashEscapes && isUtf8 ? sql : `${noBackslashEscapes ? '\\' : ''}${charset.name}\u0000${sql}`;
  let template = templates.get(key);
  if (template === undefined) {
    template = queryTemplate(sql, noBackslashEscapes, isUtf8 ? undefined : (text) => encodeText(text.toString(), charset));
    if (templates.size >= MAX_TEMPLATES) for (const oldest of templates.keys()) {
      templates.delete(oldest);
      break;
    }
    templates.set(key, template);
  }
  return template;
}

/** {@link ShardLink} over a connection to the tablet's mysqld. */
export class MysqlLink implements ShardLink {
  readonly handle: TabletHandle;
  readonly lease: Lease;
  readonly #pool: MysqlPool;
  readonly #rules: () => TextRules;
  #inTransaction = false;
  #released = false;
  pinned = false;

  constructor(handle: TabletHandle, pool: MysqlPool, lease: Lease, rules: () => TextRules) {
    this.handle = handle;
    this.#pool = pool;
    this.lease = lease;
    this.#rules = rules;
  }

  get target(): Target {
    return this.handle.target;
  }
  get alias(): string {
    return this.handle.alias;
  }
  get inTransaction(): boolean {
    return this.#inTransaction;
  }
  get lost(): boolean {
    return this.lease.connection.closed;
  }

  /** The pool gave the connection with its settings in force. */
  checkSettings(): Promise<void> {
    return Promise.resolve();
  }

  async begin(statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.lease.connection.query(statement);
    this.#inTransaction = true;
  }

  async execute(sql: string, binds: BindVariables, options: LinkOptions): Promise<QueryResult> {
    const text = options.literal === true ? encodeText(sql, this.#rules().charset) : this.#rendered(sql, binds);
    return this.#guarded(options, async () => {
      if (options.onInsertId !== undefined) await this.lease.connection.query(`select last_insert_id(${NO_INSERT_ID})`);
      const result = await this.lease.connection.query(text, { maxRows: options.maxRows });
      // Before anything else is asked here, which would be counted in its place.
      options.onFoundRows?.(BigInt((await this.lease.connection.query('select found_rows()')).rows[0]?.[0]?.toString() ?? '0'));
      if (options.onWarnings !== undefined && (result.warnings ?? 0) > 0) options.onWarnings(await readWarnings(this.lease.connection, this.handle));
      if (options.onInsertId !== undefined) {
        const id = BigInt((await this.lease.connection.query('select last_insert_id()')).rows[0]?.[0]?.toString() ?? NO_INSERT_ID);
        if (id !== NO_INSERT_ID) options.onInsertId(id);
      }
      return { ...result, fields: this.#shown(result.fields), rows: renamedSchemas(this.handle, result.fields, result.rows) };
    });
  }

  async stream(sql: string, binds: BindVariables, options: LinkOptions, onPart: OnLinkPart): Promise<void> {
    const text = options.literal === true ? encodeText(sql, this.#rules().charset) : this.#rendered(sql, binds);
    let fields: readonly Field[] = [];
    await this.#guarded(options, () => this.lease.connection.streamQuery(text, (part) => {
      fields = part.fields ?? fields;
      const rows = renamedSchemas(this.handle, fields, part.rows);
      return onPart(part.fields === undefined ? { rows } : { fields: this.#shown(part.fields), rows });
    }));
  }

  #rendered(sql: string, binds: BindVariables): Buffer {
    const rules = this.#rules();
    return templateOf(sql, rules).render(this.#withSchemaName(sql, binds), rules);
  }

  /** What vttablets do for the schema of a query to information_schema: the keyspace's own name becomes its database's. */
  #withSchemaName(sql: string, binds: BindVariables): BindVariables {
    const schema = sql.includes(SCHEMA_NAME) ? binds[SCHEMA_NAME] : undefined;
    const { databaseName, target } = this.handle;
    return schema?.value?.toString() === target.keyspace ? { ...binds, [SCHEMA_NAME]: { ...schema, value: Buffer.from(databaseName) } } : binds;
  }

  /** Runs with the time limit; the statement is killed on the server and its error says what happened. */
  async #guarded<T>(options: LinkOptions, run: () => Promise<T>): Promise<T> {
    let timedOut = false;
    let running = true;
    let killed: Promise<void> | undefined;
    // A server forgets a KILL QUERY that comes before the statement has begun there: it is said again while the statement runs on.
    const kill = async () => {
      for (let attempt = 0; running && attempt < KILL_ATTEMPTS; attempt++) {
        await this.cancel();
        if (running) await delay(KILL_AGAIN_MS);
      }
    };
    const stop = () => {
      killed ??= kill();
      killed.catch(() => this.lease.connection.destroy());
    };
    const timer = options.timeoutMs === undefined || options.timeoutMs <= 0 ? undefined : setTimeout(() => {
      timedOut = true;
      stop();
    }, options.timeoutMs);
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      options.signal?.throwIfAborted();
      return await run();
    } catch (error) {
      if (timedOut) throw new VtrewindError({ code: 'VTR1001', mysql: ER.QUERY_TIMEOUT, grpc: 'DEADLINE_EXCEEDED', message: 'Query execution was interrupted, maximum statement execution time exceeded', cause: error });
      throw renamed(error, this.handle);
    } finally {
      running = false;
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
      // The KILL must not hit the next statement of this connection.
      await killed?.catch(() => undefined);
    }
  }

  #shown(fields: readonly Field[]): readonly Field[] {
    const { databaseName, target } = this.handle;
    return fields.map((field) => (field.database === databaseName ? { ...field, database: target.keyspace } : field));
  }

  async commit(): Promise<void> {
    await this.lease.connection.query('commit');
    this.#inTransaction = false;
  }

  async rollback(): Promise<void> {
    this.#inTransaction = false;
    if (!this.lost) await this.lease.connection.query('rollback');
  }

  cancel(): Promise<void> {
    return this.#pool.kill(this.lease.connection.threadId, 'query');
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#inTransaction || this.lease.connection.busy) this.lease.discard();
    else if (this.pinned) this.lease.releaseDirty();
    else this.lease.release();
  }
}

/** Warnings read after a statement, at most. */
const MAX_WARNINGS = 64;

/** The diagnostics of the last statement on this connection, names as clients know them. */
export async function readWarnings(connection: MysqlClientConnection, handle: TabletHandle): Promise<Warning[]> {
  const { rows } = await connection.query(`show warnings limit ${MAX_WARNINGS}`);
  return rows.map((row) => ({
    level: levelOf(row[0]?.toString()), code: Number(row[1]?.toString() ?? 0), message: (row[2]?.toString() ?? '').replaceAll(handle.databaseName, handle.target.keyspace),
  }));
}

function levelOf(text: string | undefined): Warning['level'] {
  return text === 'Note' || text === 'Error' ? text : 'Warning';
}
