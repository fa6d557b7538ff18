import { malformedBinlog } from './binlogError.ts';
import { eventFlags, eventNextPosition, eventTimestamp, eventType } from './eventHeader.ts';
import { decodeHeartbeat, decodeHeartbeatV2, decodeRotate } from './controlEvents.ts';
import { EVENT, EVENT_FLAG } from './eventTypes.ts';
import type { ChecksumAlgorithm } from './eventHeader.ts';

/** A place in a server's binlog files. */
export interface SourcePosition {
  readonly file: string;
  readonly position: number;
}

/** File order: by the number at the end of the name, then by name, then by position. */
export function compareSourcePositions(a: SourcePosition, b: SourcePosition): number {
  if (a.file === b.file) return a.position - b.position;
  const numbers = fileNumber(a.file) - fileNumber(b.file);
  return numbers !== 0 ? numbers : a.file < b.file ? -1 : 1;
}
function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}

/**
 * Follows a dump's place in the source's files. Headers hold positions modulo 2^32; files beyond 4 GiB are counted on from the last place. Artificial events do not move it, apart
 * from the rotate that opens every file and heartbeats, which name how far the source has read (it skips what the replica has).
 */
export class SourcePositionTracker {
  #file = '';
  #position = 0;

  get current(): SourcePosition { return { file: this.#file, position: this.#position }; }

  /** Moves to the end of `event` and returns that position. A real rotate leaves the place at its own end; the artificial one behind it opens the next file. */
  advance(event: Buffer, checksum: ChecksumAlgorithm): number {
    const artificial = (eventFlags(event) & EVENT_FLAG.ARTIFICIAL) !== 0 || eventTimestamp(event) === 0;
    const type = eventType(event);
    if (type === EVENT.ROTATE && artificial) {
      const rotate = decodeRotate(event, checksum);
      this.#file = rotate.file;
      this.#position = Number(rotate.position);
      return this.#position;
    }
    if (type === EVENT.HEARTBEAT || type === EVENT.HEARTBEAT_V2) {
      const { file, position } = type === EVENT.HEARTBEAT ? decodeHeartbeat(event, checksum) : decodeHeartbeatV2(event, checksum);
      // version 1 holds 32 bits only: beyond 4 GiB it cannot place anything
      if (file === this.#file && position > BigInt(this.#position)) this.#position = Number(position);
      return this.#position;
    }
    const next = eventNextPosition(event);
    if (artificial || next === 0) return this.#position;
    if (this.#file === '') throw malformedBinlog('events before the rotate event that names their file');
    const low = this.#position % 0x1_0000_0000;
    const ahead = next >= low ? next - low : next + 0x1_0000_0000 - low;
    this.#position += ahead;
    return this.#position;
  }
}
