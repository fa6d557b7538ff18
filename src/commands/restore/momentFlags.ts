import { type Command, Option } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { parseMicros } from '../../base/time.ts';
import type { KeyspaceMoment, RestoreRequest } from '../../recovery/keyspaceMoment.ts';

export interface MomentFlags {
  readonly at?: string;
  readonly beforeGtid: readonly string[];
  readonly gtid: readonly string[];
  readonly shard: readonly string[];
  readonly table: readonly string[];
  readonly excludeGtid: readonly string[];
  readonly nearest?: 'before' | 'after' | true;
}

const repeat = (text: string, before: readonly string[]): readonly string[] => [...before, text];
const none: readonly string[] = [];

/** What to restore, and to which moment. */
export function withMomentFlags(command: Command): Command {
  return withGtidFlags(command)
    .option('--at <time>', 'RFC 3339 with a zone, to the microsecond, or `latest`')
    .option('--shard <shard>', 'only this shard; may be repeated', repeat, none);
}

/** Those of them that CreateKeyspace has as well, beside a time of its own. */
export function withGtidFlags(command: Command): Command {
  return command
    .option('--before-gtid <[shard=]gtid>', 'to just before this transaction; once for each shard, the others go by its time', repeat, none)
    .option('--gtid <[shard=]state>', 'to exactly this GTID state; once for each shard', repeat, none)
    .option('--table <table>', 'keep only this table; may be repeated', repeat, none)
    .option('--exclude-gtid <gtid>', 'step over this transaction and go on behind it; may be repeated', repeat, none)
    .addOption(new Option('--nearest [side]', "where a moment lies within a commit's interval (MariaDB): leave that transaction out, or take it in").choices(['before', 'after']));
}

/** Throws VTR0930 unless exactly one moment is given. `shards` are those of the keyspace. */
export function requestOf(base: string, flags: MomentFlags, shards: readonly string[]): RestoreRequest {
  const refuse = (message: string, hint: string) => new VtrewindError({ code: 'VTR0930', grpc: 'INVALID_ARGUMENT', message, hint });
  const given = [flags.at !== undefined, flags.beforeGtid.length > 0, flags.gtid.length > 0].filter(Boolean).length;
  if (given !== 1) throw refuse('exactly one moment is wanted', 'give one of --at (CreateKeyspace: --snapshot-timestamp), --before-gtid, --gtid');
  const byShard = (texts: readonly string[]): Record<string, string> => Object.fromEntries(texts.map((text) => {
    const split = text.indexOf('=');
    if (split > 0) return [text.slice(0, split), text.slice(split + 1)];
    if (shards.length !== 1) throw refuse(`'${text}' names no shard, and ${base} has ${shards.join(', ')}`, `write ${shards[0] ?? '0'}=${text}`);
    return [shards[0] ?? '0', text];
  }));
  const moment: KeyspaceMoment = flags.at === 'latest' ? { kind: 'latest' } : flags.at !== undefined ? { kind: 'time', at: parseMicros(flags.at) }
    : flags.gtid.length > 0 ? { kind: 'gtid', perShard: byShard(flags.gtid) } : { kind: 'beforeGtid', perShard: byShard(flags.beforeGtid) };
  return {
    base, moment, ...(flags.shard.length === 0 ? {} : { shards: [...flags.shard] }), ...(flags.table.length === 0 ? {} : { tables: [...flags.table] }),
    ...(flags.excludeGtid.length === 0 ? {} : { exclude: [...flags.excludeGtid] }), ...(flags.nearest === undefined ? {} : { nearest: flags.nearest === true ? 'before' : flags.nearest }),
  };
}
