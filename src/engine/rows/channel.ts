import type { ResultPart } from '../vcursor.ts';

/** Thrown into a producer whose consumer wants no more. */
export class StreamStopped extends Error {
  constructor() {
    super('the consumer needs no more rows');
    this.name = 'StreamStopped';
  }
}

/**
 * Turns a pushed stream into a pulled one. Holds one part: `push` resolves when the part was taken, so the producer waits for the consumer.
 */
export class Channel {
  #part: ResultPart | undefined;
  #taken: (() => void) | undefined;
  #stopTaking: ((error: Error) => void) | undefined;
  #arrived: (() => void) | undefined;
  #ended = false;
  #error: unknown;
  #stopped = false;

  readonly push = (part: ResultPart): Promise<void> => {
    if (this.#stopped) return Promise.reject(new StreamStopped());
    this.#part = part;
    this.#arrived?.();
    return new Promise((resolve, reject) => {
      this.#taken = resolve;
      this.#stopTaking = reject;
    });
  };

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#arrived?.();
  }

  /** The next part; undefined at the end. Throws the producer's error. */
  async next(): Promise<ResultPart | undefined> {
    for (;;) {
      const part = this.#part;
      if (part !== undefined) {
        this.#part = undefined;
        this.#taken?.();
        return part;
      }
      if (this.#ended) {
        if (this.#error !== undefined && !(this.#error instanceof StreamStopped)) throw this.#error;
        return undefined;
      }
      await new Promise<void>((resolve) => { this.#arrived = resolve; });
    }
  }

  /** The producer's next push, or the one it waits in, fails with {@link StreamStopped}. */
  stop(): void {
    this.#stopped = true;
    this.#part = undefined;
    this.#stopTaking?.(new StreamStopped());
  }
}
