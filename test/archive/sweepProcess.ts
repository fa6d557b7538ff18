import { mergeSegments } from '../../src/binlog/archive/mergeSegments.ts';
import { sweepMerged } from '../../src/binlog/archive/sweepMerged.ts';
import type { SegmentEntry } from '../../src/binlog/archive/timelines.ts';
import { openStorage } from '../../src/storage/openStorage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';

/** Merges and sweeps in a process of its own, which kills itself before its Nth change of the storage: `sweepProcess.ts FOLDER N EPOCH`. */
const [folder, text, epoch] = process.argv.slice(2) as [string, string, string];
let left = Number(text);
const inner = await openStorage(folder);
const change = () => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
};
const storage: Storage = {
  url: inner.url, get: (...args) => inner.get(...args), list: (...args) => inner.list(...args),
  put: (...args) => { change(); return inner.put(...args); },
  delete: (...args) => { change(); return inner.delete(...args); },
};
const catalog = await ArchiveCatalog.load(storage, 'ks', '-80');
await mergeSegments(catalog, { segments: 4 });
await sweepMerged(catalog, Number(epoch), catalog.entries.filter((entry): entry is SegmentEntry => entry.type === 'segment' && entry.sequence !== entry.lastSequence));
