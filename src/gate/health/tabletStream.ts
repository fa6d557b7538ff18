import { VtrewindError } from '../../base/errors.ts';
import { delay } from '../../base/wait.ts';
import type { QueryService, StreamHealthReply } from '../../vitess/queryService.ts';

export interface TabletStreamOptions {
  readonly service: QueryService;
  /** Each reply replaces the one before. */
  readonly onReply: (reply: StreamHealthReply) => void;
  /** Called once for every time the stream breaks, ends or falls silent; not for the end by `close`. */
  readonly onLost: (error: string) => void;
  /** First wait before connecting again, doubling up to {@link lastRetryMs}. */
  readonly retryDelayMs: number;
  /** A stream silent for so long counts as lost. */
  readonly timeoutMs: number;
}

/** Waits between attempts grow to this; a tablet that comes back is noticed within it. */
export const lastRetryMs = 2_000;

/** One tablet's StreamHealth, kept up until closed: connects again, ever more slowly, and at once more slowly only while nothing is heard. */
export class TabletStream {
  readonly #options: TabletStreamOptions;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: TabletStreamOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    let retryMs = this.#options.retryDelayMs;
    while (!signal.aborted) {
      const lost = await this.#listen(() => {
        retryMs = this.#options.retryDelayMs;
      });
      if (signal.aborted) return;
      this.#options.onLost(lost);
      await delay(retryMs, signal).catch(() => undefined); // aborted: the loop ends
      retryMs = Math.min(Math.max(retryMs, 1) * 2, lastRetryMs);
    }
  }

  /** Listens until the stream is over; answers why. */
  async #listen(onHeard: () => void): Promise<string> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, attempt.signal]);
    let silent = false;
    const watchdog = setTimeout(() => {
      silent = true;
      attempt.abort();
    }, this.#options.timeoutMs);
    try {
      for await (const reply of this.#options.service.streamHealth(signal)) {
        if (signal.aborted) break;
        watchdog.refresh();
        onHeard();
        this.#options.onReply(reply);
      }
      return silent ? this.#silence() : 'its health stream ended';
    } catch (error) {
      return silent ? this.#silence() : VtrewindError.from(error).message;
    } finally {
      clearTimeout(watchdog);
      attempt.abort();
    }
  }

  #silence(): string {
    return `no word from its health stream for ${this.#options.timeoutMs} ms`;
  }
}
