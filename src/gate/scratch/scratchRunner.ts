import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ResultPart, ScratchRequest } from '../../engine/vcursor.ts';
import type { MysqlClientConnection } from '../../mysql/clientConnection.ts';
import type { Lease, MysqlPool } from '../../mysql/pool.ts';
import { sqlLiteral } from '../../mysql/sqlLiteral.ts';
import type { StreamPart } from '../../mysql/streamedResponse.ts';
import type { Field, QueryResult } from '../../vitess/queryService.ts';
import { type TextRules, templateOf } from '../session/mysqlLink.ts';
import type { ScratchServer } from './scratchServer.ts';
import { loadTable, quoteName, type ScratchLimits, ScratchUsage } from './scratchTables.ts';
import { loadSettings, readVariables, showVariables, statementSettings } from './sessionVariables.ts';

/** What a scratch statement takes from the session that runs it. */
export interface ScratchSession {
  readonly signal: AbortSignal | undefined;
  readonly rules: TextRules;
  /** Runs a statement on a shard of the keyspace (undefined: any keyspace) under the session's settings. */
  ask(keyspace: string | undefined, sql: string): Promise<QueryResult>;
  userVariable(name: string): { readonly type: number; readonly value: Buffer | null } | undefined;
}

/**
 * Runs statements on the scratch server: the tables go into a database of the statement's own, the statement runs there under the client's settings and its rows
 * are handed on as they come; then the database is dropped. When the client goes away the statement is killed.
 */
export class ScratchRunner {
  readonly #server: ScratchServer;
  readonly #limits: ScratchLimits;
  readonly #log: Log;
  #made = 0;

  constructor(server: ScratchServer, limits: ScratchLimits, log: Log) {
    this.#server = server;
    this.#limits = limits;
    this.#log = log;
  }

  /** Throws VTR1041 when the tables are too big, the scratch server's own error for the statement's, the signal's reason when it aborts. */
  async *run(request: ScratchRequest, session: ScratchSession): AsyncGenerator<ResultPart, void, void> {
    const { signal } = session;
    signal?.throwIfAborted();
    const variables = readVariables(await session.ask(request.tables[0]?.origin.keyspace, showVariables));
    const pool = await this.#server.pool();
    const lease = await pool.acquire({ signal });
    const { connection } = lease;
    const database = `${this.#server.prefix}${++this.#made}`;
    const stop = () => connection.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await connection.query(`create database ${quoteName(database)} character set utf8mb4`);
      await connection.query(`use ${quoteName(database)}`);
      for (const statement of loadSettings(variables)) await connection.query(statement);
      const usage = new ScratchUsage(this.#limits);
      let keyed = true;
      for (const table of request.tables) if (!(await loadTable(connection, table, usage))) keyed = false;
      for (const name of request.variables) {
        const known = session.userVariable(name);
        if (known !== undefined && known.value !== null) await connection.query(Buffer.concat([Buffer.from(`set @${quoteName(name)} = `), sqlLiteral(known.type, known.value, { noBackslashEscapes: true })]));
      }
      const own = readVariables(await connection.query(showVariables));
      for (const statement of statementSettings(variables, own, request.grouped && !keyed)) await connection.query(statement);
      const text = templateOf(request.query, session.rules).render(request.binds, session.rules);
      for await (const part of streamed(connection, text)) yield part.fields === undefined ? part : { ...part, fields: part.fields.map((field) => shown(field, request)) };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await this.#remove(pool, lease, database);
    }
  }

  /** Failing here must not hide how the statement ended: the server goes with the gate, and what stays on it is told. */
  async #remove(pool: MysqlPool, lease: Lease, database: string): Promise<void> {
    const { connection } = lease;
    const drop = `drop database if exists ${quoteName(database)}`;
    try {
      if (!connection.closed && !connection.busy) {
        await connection.query(drop);
        lease.releaseDirty();
        return;
      }
      connection.destroy();
      lease.discard();
      await pool.kill(connection.threadId, 'connection');
      const other = await pool.acquire();
      try {
        await other.connection.query(drop);
      } finally {
        other.release();
      }
    } catch (error) {
      lease.discard();
      this.#log.warn({ event: 'scratch_left', database, error: VtrewindError.from(error).message }, 'a scratch database could not be dropped');
    }
  }
}

/** Metadata name the keyspace's table, not the scratch one. */
function shown(field: Field, { tables, aliases }: ScratchRequest): Field {
  const origin = tables.find((table) => table.name === field.orgTable)?.origin;
  return { ...field, database: origin?.keyspace ?? '', orgTable: origin?.table ?? field.orgTable ?? '', table: aliases[field.table ?? ''] ?? field.table ?? '' };
}

/** The parts of a statement's answer as they are asked for: the server waits meanwhile. A consumer that stops early closes the connection. */
async function* streamed(connection: MysqlClientConnection, sql: Buffer): AsyncGenerator<StreamPart, void, void> {
  const state: { part?: StreamPart | undefined; next?: (() => void) | undefined; ended: boolean; error?: unknown; wake?: (() => void) | undefined } = { ended: false };
  const end = (error?: unknown) => {
    state.ended = true;
    state.error = error;
    state.wake?.();
  };
  connection.streamQuery(sql, (part) => new Promise<void>((next) => {
    state.part = part;
    state.next = next;
    state.wake?.();
  })).then(() => end(), end);
  try {
    for (;;) {
      const { part, next } = state;
      if (part !== undefined) {
        state.part = undefined;
        yield part;
        next?.();
      } else if (state.ended) {
        if (state.error !== undefined) throw state.error;
        return;
      } else {
        await new Promise<void>((wake) => {
          state.wake = wake;
        });
      }
    }
  } finally {
    if (!state.ended) connection.destroy();
  }
}
