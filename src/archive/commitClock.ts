import type { Micros } from '../base/time.ts';
import { compareSourcePositions, type SourcePosition } from '../binlog/sourcePosition.ts';

/**
 * One question to the source: its clock first, then where its binlog ends. The end is read under the lock that commits write under, so every transaction stamped before
 * `serverMicros` ends at or before `position`, and every one that ends behind it was written after `serverMicros`.
 */
export interface ClockProbe {
  /** The archiver's clock before the question about the source's clock and after its answer. */
  readonly askedMicros: Micros;
  readonly answeredMicros: Micros;
  readonly serverMicros: Micros;
  readonly position: SourcePosition;
}

/** Probes kept: a few seconds of them. */
const keptProbes = 128;
/** Probes that bound the difference of the clocks; older ones would turn drift into a contradiction. */
const offsetProbes = 16;

/** What a source's probes prove about when its transactions were committed, in the source's own clock. */
export class CommitClock {
  #probes: ClockProbe[] = [];
  #lastEarliest: Micros;
  /** How often the clocks contradicted what was known (one of them was set). */
  steps = 0;

  constructor(lastEarliest: Micros) {
    this.#lastEarliest = lastEarliest;
  }

  add(probe: ClockProbe): void {
    const [low, high] = this.offset;
    if (this.#probes.length > 0 && (probe.serverMicros - probe.askedMicros < low || probe.serverMicros - probe.answeredMicros > high)) {
      // a clock was set: what was known of their difference is void
      this.steps++;
      this.#probes = [];
    }
    this.#probes.push(probe);
    if (this.#probes.length > keptProbes) this.#probes.shift();
  }

  /** The source's clock minus the archiver's lies between these, microseconds. */
  get offset(): readonly [number, number] {
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (const probe of this.#probes.slice(-offsetProbes)) {
      low = Math.max(low, probe.serverMicros - probe.answeredMicros);
      high = Math.min(high, probe.serverMicros - probe.askedMicros);
    }
    return [low, high];
  }

  /**
   * When a MariaDB transaction that ends at `end` was committed: after its statement's start (`stampMicros`, whole seconds), after the last probe that did not see it, and not before
   * the one ahead of it in the binlog; by the time it was received.
   */
  interval(stampMicros: Micros, end: SourcePosition, receivedMicros: Micros): { readonly earliest: Micros; readonly latest: Micros } {
    let earliest = Math.max(stampMicros, this.#lastEarliest);
    for (let i = this.#probes.length - 1; i >= 0; i--) {
      const probe = this.#probes[i];
      if (probe === undefined || compareSourcePositions(probe.position, end) >= 0) continue;
      earliest = Math.max(earliest, probe.serverMicros);
      break;
    }
    const latest = receivedMicros + this.offset[1];
    // a clock that was set back can leave nothing between; the lower bound is the proven one
    this.#lastEarliest = earliest;
    return { earliest, latest: Number.isFinite(latest) ? Math.max(latest, earliest) : Math.max(receivedMicros, earliest) };
  }

  /** All transactions stamped before this are among those that end at or before `reached`; undefined when no probe tells. */
  proven(reached: SourcePosition): Micros | undefined {
    for (let i = this.#probes.length - 1; i >= 0; i--) {
      const probe = this.#probes[i];
      if (probe !== undefined && compareSourcePositions(probe.position, reached) <= 0) return probe.serverMicros;
    }
    return undefined;
  }
}
