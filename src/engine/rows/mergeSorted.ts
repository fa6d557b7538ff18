import type { Row } from '../../vitess/queryService.ts';
import type { Parts } from '../environment.ts';
import type { RowComparator } from './compare.ts';

/** Batches of rows, each source sorted. */
export interface SortedSource {
  next(): Promise<readonly Row[] | undefined>;
  stop(): void;
}

interface Head { readonly source: SortedSource; readonly order: number; rows: readonly Row[]; at: number }

const batchSize = 256;

/** Merges sorted sources; of equal rows that of the earlier source comes first. Holds one batch per source. */
export async function* mergeSorted(sources: readonly SortedSource[], compare: RowComparator): Parts {
  const heap: Head[] = [];
  const before = (a: Head, b: Head): boolean => {
    const x = a.rows[a.at];
    const y = b.rows[b.at];
    const c = x === undefined || y === undefined ? 0 : compare(x, y);
    return c < 0 || (c === 0 && a.order < b.order);
  };
  const firsts = await Promise.all(sources.map((s) => s.next()));
  sources.forEach((source, order) => {
    const rows = firsts[order];
    if (rows !== undefined && rows.length > 0) pushHead(heap, { source, order, rows, at: 0 }, before);
  });
  let batch: Row[] = [];
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    const row = top.rows[top.at];
    if (row !== undefined) batch.push(row);
    top.at++;
    if (top.at >= top.rows.length) {
      const more = await top.source.next();
      if (more === undefined || more.length === 0) {
        const last = heap.pop();
        if (heap.length > 0 && last !== undefined && last !== top) {
          heap[0] = last;
          sink(heap, before);
        }
      } else {
        top.rows = more;
        top.at = 0;
        sink(heap, before);
      }
    } else sink(heap, before);
    if (batch.length >= batchSize) {
      yield { rows: batch };
      batch = [];
    }
  }
  if (batch.length > 0) yield { rows: batch };
}

function pushHead(heap: Head[], head: Head, before: (a: Head, b: Head) => boolean): void {
  heap.push(head);
  for (let at = heap.length - 1; at > 0;) {
    const parent = (at - 1) >> 1;
    const a = heap[at];
    const b = heap[parent];
    if (a === undefined || b === undefined || !before(a, b)) return;
    heap[at] = b;
    heap[parent] = a;
    at = parent;
  }
}

function sink(heap: Head[], before: (a: Head, b: Head) => boolean): void {
  for (let at = 0; ;) {
    const left = at * 2 + 1;
    let least = at;
    for (const child of [left, left + 1]) {
      const c = heap[child];
      const l = heap[least];
      if (c !== undefined && l !== undefined && before(c, l)) least = child;
    }
    if (least === at) return;
    const a = heap[at];
    const b = heap[least];
    if (a === undefined || b === undefined) return;
    heap[at] = b;
    heap[least] = a;
    at = least;
  }
}
