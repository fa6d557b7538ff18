import type { StreamHealthReply } from '../vitess/queryService.ts';

/** Readers at once; a gate holds one, so this bounds gates. */
const maxReaders = 1000;

/** The latest health of a tablet, to any number of readers. A slow reader skips states but never loses a changed table. */
export class HealthBroadcast {
  #latest: StreamHealthReply | undefined;
  readonly #readers = new Set<Reader>();

  get latest(): StreamHealthReply | undefined {
    return this.#latest;
  }

  publish(reply: StreamHealthReply): void {
    this.#latest = { ...reply, tableSchemaChanged: [], viewSchemaChanged: [] };
    for (const reader of this.#readers) reader.offer(reply);
  }

  /** The present state at once when there is one, then each that follows. Ends when the signal aborts. */
  async *subscribe(signal: AbortSignal): AsyncGenerator<StreamHealthReply> {
    if (this.#readers.size >= maxReaders) throw new Error(`more than ${maxReaders} health streams`);
    const reader = new Reader();
    const onAbort = () => reader.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#readers.add(reader);
    try {
      if (this.#latest !== undefined) reader.offer(this.#latest);
      while (!signal.aborted) {
        const reply = reader.take();
        if (reply === undefined) await reader.something();
        else yield reply;
      }
    } finally {
      this.#readers.delete(reader);
      signal.removeEventListener('abort', onAbort);
    }
  }
}

class Reader {
  #pending: StreamHealthReply | undefined;
  #wake: () => void = () => undefined;

  offer(reply: StreamHealthReply): void {
    const unread = this.#pending;
    this.#pending = unread === undefined ? reply : {
      ...reply,
      tableSchemaChanged: [...new Set([...unread.tableSchemaChanged, ...reply.tableSchemaChanged])],
      viewSchemaChanged: [...new Set([...unread.viewSchemaChanged, ...reply.viewSchemaChanged])],
    };
    this.#wake();
  }

  take(): StreamHealthReply | undefined {
    const reply = this.#pending;
    this.#pending = undefined;
    return reply;
  }

  wake(): void {
    this.#wake();
  }

  something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
