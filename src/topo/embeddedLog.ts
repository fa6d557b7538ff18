import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { topoError } from './topoErrors.ts';

/** Past this the log is folded into a snapshot. */
const foldAtBytes = 4 * 1024 * 1024;
/** What an embedded topology may hold in all. */
const maxFileBytes = 256 * 1024 * 1024;

/**
 * Two files: `topology.snapshot`, written whole and renamed into place, and `topology.log`, appended to and fsynced before a change is
 * acknowledged. Every line is `<crc32 in hex> <JSON>`. A torn last line of the log was never acknowledged and is cut off; a bad line before
 * it is damage and refused. Records carry a growing `seq`, so that a log older than the snapshot is skipped whatever moment a crash chose.
 * Everything is synchronous: changes are rare, a few milliseconds each, and strictly one after the other.
 */
export class EmbeddedLog<Snapshot extends { readonly seq: number }, Change extends { readonly seq: number }> {
  readonly #directory: string;
  #fd: number;
  #bytes: number;

  private constructor(directory: string, fd: number, bytes: number) {
    this.#directory = directory;
    this.#fd = fd;
    this.#bytes = bytes;
  }

  /** Throws VTR0307 when the files are damaged in a way that a crash does not explain. */
  static open<Snapshot extends { readonly seq: number }, Change extends { readonly seq: number }>(
    directory: string,
  ): { readonly log: EmbeddedLog<Snapshot, Change>; readonly snapshot: Snapshot | undefined; readonly changes: readonly Change[] } {
    const snapshot = readSnapshot<Snapshot>(join(directory, 'topology.snapshot'));
    const path = join(directory, 'topology.log');
    const isNew = !existsSync(path);
    const fd = openSync(path, 'a+', 0o600);
    if (isNew) syncDirectory(directory);
    const { changes, goodBytes } = readChanges<Change>(path, snapshot?.seq ?? 0);
    if (statSync(path).size > goodBytes) {
      ftruncateSync(fd, goodBytes);
      fsyncSync(fd);
    }
    return { log: new EmbeddedLog<Snapshot, Change>(directory, fd, goodBytes), snapshot, changes };
  }

  /** Durable when it returns. Throws when it could not be made durable; the caller must then treat the store as failed. */
  append(change: Change): void {
    const line = encodeLine(change);
    writeAll(this.#fd, line);
    fsyncSync(this.#fd);
    this.#bytes += line.length;
  }

  get shouldFold(): boolean {
    return this.#bytes >= foldAtBytes;
  }

  /** Replaces snapshot and log by `snapshot`. A crash at any point leaves the old or the new state, both whole. */
  fold(snapshot: Snapshot): void {
    const path = join(this.#directory, 'topology.snapshot');
    const fd = openSync(`${path}.new`, 'w', 0o600);
    try {
      writeAll(fd, encodeLine(snapshot));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${path}.new`, path);
    syncDirectory(this.#directory);
    ftruncateSync(this.#fd, 0);
    fsyncSync(this.#fd);
    this.#bytes = 0;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function encodeLine(value: object): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
}

function decodeLine(line: string): unknown {
  const json = line.slice(9);
  if (line[8] !== ' ' || crc32(json) !== Number.parseInt(line.slice(0, 8), 16)) return undefined;
  return JSON.parse(json);
}

function readWhole(path: string): string {
  const size = statSync(path).size;
  if (size > maxFileBytes) throw topoError('damaged', `${path} has ${size} bytes, more than a topology can have`);
  return readFileSync(path, 'utf8');
}

function readSnapshot<Snapshot>(path: string): Snapshot | undefined {
  if (!existsSync(path)) return undefined;
  const value = decodeLine(readWhole(path).trimEnd());
  if (value === undefined) throw topoError('damaged', `${path} is damaged: its checksum is wrong`, { hint: 'put the file back from a copy; it is only ever replaced whole' });
  return value as Snapshot;
}

function readChanges<Change extends { readonly seq: number }>(path: string, after: number): { changes: Change[]; goodBytes: number } {
  const text = readWhole(path);
  const changes: Change[] = [];
  let goodBytes = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const value = end < 0 ? undefined : decodeLine(text.slice(at, end));
    if (value === undefined) {
      if (end >= 0 && end + 1 < text.length) throw topoError('damaged', `${path} is damaged at byte ${goodBytes}`, { hint: 'the lines before it are good; put the file back from a copy' });
      break;
    }
    const change = value as Change;
    if (change.seq > after) changes.push(change);
    goodBytes += Buffer.byteLength(text.slice(at, end + 1));
    at = end + 1;
  }
  return { changes, goodBytes };
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
