import { ArchiveCatalog } from '../binlog/archive/archiveCatalog.ts';
import { findCut } from '../binlog/archive/findCut.ts';
import { windowOf } from '../binlog/archive/restorableWindow.ts';
import { ArchiveReplaySource } from '../binlog/serve/archiveReplaySource.ts';
import { openReplayListener } from '../binlog/serve/replayListener.ts';
import { parseGtidState } from '../binlog/gtidState.ts';
import type { Log } from '../base/log.ts';
import { delay } from '../base/wait.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchiveAccess, ArchiveSpan } from './archiveAccess.ts';
import { cutAtOf } from './keyspaceMoment.ts';
import { replayExtent } from './replayExtent.ts';
import { stepOver } from './stepOver.ts';

/** How often the listing is read again while evidence from beyond a moment is awaited. */
const lookAgainMs = 250;

/** The archive of a shard, read where the archiver stores it. It needs no archiver to run. */
export async function openStorageArchive(storage: Storage, keyspace: string, shard: string, log: Log, signal?: AbortSignal): Promise<ArchiveAccess & { readonly isEmpty: boolean }> {
  const catalog = await ArchiveCatalog.load(storage, keyspace, shard, signal);
  return {
    isEmpty: catalog.entries.length === 0,
    description: `the archive of ${keyspace}/${shard} in ${storage.url}`,
    async spans(s) {
      await catalog.refresh(s);
      const { sections, gaps, forks } = await windowOf(catalog, s);
      return sections.map((section): ArchiveSpan => ({
        fromGtid: section.startState, fromTime: section.from, untilGtid: section.endState, untilTime: section.to,
        begins: gaps.find((g) => g.to === section.from)?.reason ?? forks.find((f) => f.at === section.from)?.reason ?? 'the archive begins here',
      }));
    },
    async findCut(moment, options) {
      const deadline = performance.now() + options.timeoutMs;
      for (;;) {
        await catalog.refresh(options.signal);
        if (moment.kind !== 'time' || performance.now() >= deadline || (await isProven(catalog, moment.at, options.signal))) break;
        await delay(lookAgainMs, options.signal);
      }
      const cut = await findCut(catalog, cutAtOf(moment), {
        ...(options.signal === undefined ? {} : { signal: options.signal }), ...(options.nearest === undefined ? {} : { nearest: options.nearest }),
      });
      return { flavour: cut.flavour, gtid: cut.state.toString(), reachedAt: cut.lastIncluded?.latest, lastIncluded: cut.lastIncluded, firstExcluded: cut.firstExcluded, warnings: cut.warnings };
    },
    async whyNotReplayable(gtid, cut, s) {
      const found = await findCut(catalog, { type: 'state', state: cut.gtid }, s === undefined ? {} : { signal: s });
      const lacks = found.startState.subtract(parseGtidState(cut.flavour, gtid));
      return lacks.isEmpty ? undefined : `the archive begins behind it: ${lacks.toString()} is in neither`;
    },
    async extent(gtid, cut, s) {
      const found = await findCut(catalog, { type: 'state', state: cut.gtid }, s === undefined ? {} : { signal: s });
      return replayExtent(catalog, parseGtidState(cut.flavour, gtid), found.place, s);
    },
    async serveUntil(cut, _fromGtid, { exclude = [], signal: s } = {}) {
      const found = await findCut(catalog, { type: 'state', state: cut.gtid }, s === undefined ? {} : { signal: s });
      return openReplayListener({ source: stepOver(new ArchiveReplaySource(catalog), exclude), until: found, log, ...(s === undefined ? {} : { signal: s }) });
    },
    close: async () => undefined,
  };
}

/** Whether the archive is known to hold everything up to a moment. */
async function isProven(catalog: ArchiveCatalog, at: number, signal?: AbortSignal): Promise<boolean> {
  const { sections } = await windowOf(catalog, signal);
  return sections.some((section) => at < section.to);
}
