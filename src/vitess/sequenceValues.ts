import { VtrewindError } from '../base/errors.ts';
import type { Lease } from '../mysql/pool.ts';
import { TYPE } from '../mysql/constants/columnTypes.ts';
import type { QueryResult } from './queryService.ts';

/** Values asked for at once. */
const maxCount = 1_000_000_000n;

/**
 * Vitess's sequences: a table with one row (`id` 0, `next_id`, `cache`). A block of `cache` values is taken from it under its row lock and handed
 * out from memory; what is left of a block is lost with the process, never given twice.
 */
export class SequenceValues {
  readonly #acquire: () => Promise<Lease>;
  readonly #blocks = new Map<string, { next: bigint; last: bigint }>();
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(acquire: () => Promise<Lease>) {
    this.#acquire = acquire;
  }

  /** The first of `count` consecutive values, as `SELECT NEXT` answers. Throws 1105 with Vitess's words when the table is no sequence. */
  async next(table: string, count: bigint): Promise<QueryResult> {
    if (count < 1n || count > maxCount) throw failed(`invalid increment for sequence ${table}: ${count}`, 'INVALID_ARGUMENT');
    const before = this.#queues.get(table) ?? Promise.resolve();
    const turn = before.then(() => this.#take(table, count));
    const settled = turn.catch(() => undefined); // told to its own caller; the next in the queue goes on
    this.#queues.set(table, settled);
    try {
      const value = await turn;
      return { fields: [{ name: 'nextval', type: TYPE.INT64 }], rows: [[Buffer.from(value.toString())]], rowsAffected: 1n, insertId: 0n };
    } finally {
      if (this.#queues.get(table) === settled) this.#queues.delete(table);
    }
  }

  async #take(table: string, count: bigint): Promise<bigint> {
    let block = this.#blocks.get(table);
    if (block === undefined || block.next + count > block.last) {
      block = await this.#refill(table, count, block);
      this.#blocks.set(table, block);
    }
    const value = block.next;
    block.next += count;
    return value;
  }

  async #refill(table: string, count: bigint, old: { next: bigint; last: bigint } | undefined): Promise<{ next: bigint; last: bigint }> {
    const name = `\`${table.replaceAll('`', '``')}\``;
    const lease = await this.#acquire();
    const { connection } = lease;
    let committed = false;
    try {
      await connection.query('begin');
      const { rows } = await connection.query(`select next_id, cache from ${name} where id = 0 for update`);
      if (rows.length !== 1) throw failed(`unexpected rows from reading sequence ${table} (possible mis-route): ${rows.length}`, 'UNKNOWN');
      const [nextText, cacheText] = rows[0] ?? [];
      if (!nextText || !cacheText) throw failed(`error loading sequence ${table}: next_id or cache is null`, 'UNKNOWN');
      const stored = BigInt(nextText.toString());
      const cache = BigInt(cacheText.toString());
      if (cache < 1n) throw failed(`invalid cache value for sequence ${table}: ${cache}`, 'INVALID_ARGUMENT');
      // The row is as this process left it: what remains of the old block joins the new one. A row set lower is raised again.
      const joined = old !== undefined && old.last === stored;
      const next = joined ? old.next : old !== undefined && stored < old.last ? old.last : stored;
      let last = stored > next ? stored : next;
      if (last < next + count) last += ((next + count - last + cache - 1n) / cache) * cache;
      await connection.query(`update ${name} set next_id = ${last} where id = 0`);
      await connection.query('commit');
      committed = true;
      return { next, last };
    } finally {
      if (committed) lease.release();
      else lease.discard();
    }
  }
}

function failed(message: string, grpc: 'UNKNOWN' | 'INVALID_ARGUMENT'): VtrewindError {
  return new VtrewindError({ code: 'VTR0333', grpc, message });
}
