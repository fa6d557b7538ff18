import type { ChecksumAlgorithm } from '../eventHeader.ts';
import type { Flavour } from '../formatDescription.ts';
import type { GtidState } from '../gtidState.ts';
import type { Cut } from '../archive/findCut.ts';

/** Where a replica wants to go on. */
export type ReplayFrom =
  /** Everything that it does not hold. */
  | { readonly type: 'state'; readonly state: GtidState }
  /** A file of `files()` and a position in it; 4 is its start. Empty: the first file. */
  | { readonly type: 'file'; readonly file: string; readonly position: number };

export interface ReplayRequest {
  readonly from: ReplayFrom;
  /** Nothing at or behind this is ever given. */
  readonly until?: Cut | undefined;
}

/** What a source gives, in order. Events are raw, as the server of origin wrote them. */
export type ReplayItem =
  /** What follows stands in this file from this position on, written under this format. */
  | { readonly type: 'file'; readonly file: string; readonly position: number; readonly formatDescription: Buffer; readonly checksum: ChecksumAlgorithm }
  /** `position`: behind the event. */
  | { readonly type: 'event'; readonly event: Buffer; readonly position: number }
  /** Nothing more for now. */
  | { readonly type: 'caughtUp' }
  /** Nothing more ever: `until` is reached. */
  | { readonly type: 'end' };

/** A binlog file as `SHOW BINARY LOGS` lists it. */
export interface ReplayFile {
  readonly file: string;
  readonly endPosition: number;
}

/** Where a replica gets its events from: the archive, or another binlog server. */
export interface ReplaySource {
  /** Throws VTR1214 while there is nothing to serve. */
  describe(): Promise<ReplaySourceDescription>;
  /** Ends after `end`, or by `signal`. Throws VTR1214 when the replica asks for what is not there. */
  read(request: ReplayRequest, signal: AbortSignal): AsyncGenerator<ReplayItem, void, void>;
  files(signal?: AbortSignal): Promise<readonly ReplayFile[]>;
}

export interface ReplaySourceDescription {
  readonly flavour: Flavour;
  /** Of the server that writes (or wrote last). */
  readonly serverVersion: string;
  /** All that can be had, and what must be there already. */
  readonly state: GtidState;
  readonly startState: GtidState;
}
