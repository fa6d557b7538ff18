import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Micros, nowMicros } from '../../base/time.ts';
import { delay } from '../../base/wait.ts';
import type { TopoEntry, TopoServer } from '../../topo/index.ts';

/** Where one followed part of the topology stands. `since` is when it came to be so. */
export type SourceState =
  | { readonly phase: 'starting'; readonly since: Micros }
  | { readonly phase: 'following'; readonly since: Micros }
  /** Out of reach: what was last read still counts. */
  | { readonly phase: 'away'; readonly since: Micros; readonly error: string };

export interface RecordFollowerOptions {
  /** For logs, health and metrics: `global keyspaces`, `zone1 tablets`. */
  readonly name: string;
  /** Opens the server of a cell, or gives the global one; asked again after every failure. */
  readonly open: () => Promise<TopoServer>;
  readonly prefix: string;
  /** Everything there is: what is not among the entries is gone. */
  readonly reset: (entries: readonly TopoEntry[]) => void;
  readonly put: (entry: TopoEntry) => void;
  readonly remove: (path: string) => void;
  readonly onState?: (state: SourceState) => void;
  readonly log: Log;
}

/** A failed opening or a broken watch is tried again after this long, doubling up to the last. */
const firstRetryMs = 100;
const lastRetryMs = 5_000;

/**
 * Follows one part of the topology by watch until closed, through lost connections, compactions and cells that do not exist yet.
 * What it told its owner stays told: being out of reach changes the state and nothing else.
 */
export class RecordFollower {
  readonly name: string;
  readonly #options: RecordFollowerOptions;
  readonly #abort = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #state: SourceState = { phase: 'starting', since: nowMicros() };
  #running: Promise<void> | undefined;

  constructor(options: RecordFollowerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#first.promise.catch(() => undefined); // rejected by close() whether or not anyone waits
  }

  get state(): SourceState {
    return this.#state;
  }

  /** Resolves once everything was read a first time; rejects with VTR1351 when closed before. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.#first.reject(new VtrewindError({ code: 'VTR1351', grpc: 'CANCELED', message: `closed before ${this.name} of the topology was read` }));
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    let retryMs = firstRetryMs;
    while (!signal.aborted) {
      try {
        const server = await this.#options.open();
        for await (const event of server.watch(this.#options.prefix, signal)) {
          retryMs = firstRetryMs;
          switch (event.type) {
            case 'snapshot':
              this.#options.reset(event.entries);
              this.#follow();
              this.#first.resolve();
              break;
            case 'put': this.#options.put(event.entry); break;
            case 'delete': this.#options.remove(event.path); break;
            case 'disconnected': this.#away(event.error); break;
            case 'connected': if (this.#state.phase === 'away') this.#follow(); break;
            default: event satisfies never;
          }
        }
        if (!signal.aborted) this.#away(new Error('the watch ended'));
      } catch (error) {
        if (!signal.aborted) this.#away(error);
      }
      await delay(retryMs, signal).catch(() => undefined); // aborted: the loop ends
      retryMs = Math.min(retryMs * 2, lastRetryMs);
    }
  }

  #follow(): void {
    if (this.#state.phase === 'away') this.#options.log.info({ source: this.name }, 'the topology is back');
    if (this.#state.phase !== 'following') this.#set({ phase: 'following', since: nowMicros() });
  }

  #away(error: unknown): void {
    const { message } = VtrewindError.from(error);
    if (this.#state.phase === 'away' && this.#state.error === message) return;
    this.#options.log.warn({ source: this.name, error: message }, 'the topology is out of reach; what was last known still counts');
    this.#set({ phase: 'away', since: this.#state.phase === 'away' ? this.#state.since : nowMicros(), error: message });
  }

  #set(state: SourceState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
