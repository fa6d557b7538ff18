import { formatTabletAlias } from '../../topo/index.ts';
import type { Tablet } from '../../vitess/gen/topodata.ts';
import type { QueryService, StreamHealthReply, TabletTypeName, Target } from '../../vitess/queryService.ts';
import { tabletTypeName } from '../../vitess/requestCodec.ts';

/** What the gate knows of one tablet: who it is from its record, how it is from its own health stream. */
export interface TabletHealth {
  readonly alias: string;
  readonly cell: string;
  readonly tablet: Tablet;
  readonly service: QueryService;
  /** As the tablet last said; before its first word, as its record has it. */
  readonly target: Target;
  /** It said so, its stream is up, and it named no error. */
  readonly serving: boolean;
  /** Unix seconds; 0 for all but primaries. */
  readonly primaryTermStart: number;
  readonly replicationLagSeconds: number;
  /** Why it does not serve; empty when it does. */
  readonly error: string;
}

/** A tablet before its first word. */
export function unheardTablet(tablet: Tablet, service: QueryService): TabletHealth {
  return {
    alias: formatTabletAlias(tablet.alias), cell: tablet.alias?.cell ?? '', tablet, service,
    target: { keyspace: tablet.keyspace, shard: tablet.shard, tabletType: tabletTypeName(tablet.type) },
    serving: false, primaryTermStart: 0, replicationLagSeconds: 0, error: 'no word from its health stream yet',
  };
}

/**
 * The tablet after a reply of its stream. A health error means it does not serve, whatever it says (as in vtgate); except in a snapshot keyspace, where
 * not replicating is no fault and the tablet's own word counts.
 */
export function heardTablet(before: TabletHealth, reply: StreamHealthReply, snapshot: boolean): TabletHealth {
  const faulty = reply.healthError !== '' && !snapshot;
  const serving = reply.serving && !faulty;
  return {
    ...before,
    target: { keyspace: reply.target.keyspace, shard: reply.target.shard, tabletType: reply.target.tabletType },
    serving,
    primaryTermStart: reply.target.tabletType === 'PRIMARY' ? reply.primaryTermStartTimestamp : 0,
    replicationLagSeconds: reply.replicationLagSeconds,
    error: serving ? '' : reply.healthError === '' ? 'the tablet says it does not serve' : reply.healthError,
  };
}

/** The tablet after its stream broke: not to be asked until it speaks again. */
export function lostTablet(before: TabletHealth, error: string): TabletHealth {
  return { ...before, serving: false, error };
}

/** The name of the tablet's database: its own override, else `vt_` and the keyspace; a snapshot's tablet holds the base's. */
export function databaseName(tablet: Tablet, base: string | undefined): string {
  return tablet.dbNameOverride === '' ? `vt_${base ?? tablet.keyspace}` : tablet.dbNameOverride;
}

/** `keyspace/shard` of a target. */
export function shardName(target: Target): string {
  return `${target.keyspace}/${target.shard}`;
}

/** `keyspace:"ks" shard:"-80" tablet_type:REPLICA`, as Vitess prints a target. */
export function formatTarget(target: Target): string {
  const type: TabletTypeName = target.tabletType;
  const parts = [`keyspace:${JSON.stringify(target.keyspace)}`, `shard:${JSON.stringify(target.shard)}`];
  if (type !== 'UNKNOWN') parts.push(`tablet_type:${type}`);
  if (target.cell !== undefined && target.cell !== '') parts.push(`cell:${JSON.stringify(target.cell)}`);
  return parts.join(' ');
}
