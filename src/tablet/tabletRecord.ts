import { formatMicros, type Micros } from '../base/time.ts';
import { parseShardName, parseTabletAlias, registerTablet, type Topology } from '../topo/index.ts';
import { Tablet, TabletType } from '../vitess/gen/topodata.ts';
import type { Time } from '../vitess/gen/vttime.ts';
import type { TabletTypeName } from '../vitess/queryService.ts';

/** Microseconds as Vitess's time message. */
export function toVitessTime(at: Micros): Time {
  return { seconds: BigInt(Math.floor(at / 1_000_000)), nanoseconds: (at % 1_000_000) * 1000 };
}

/** Nanoseconds are cut to microseconds. */
export function fromVitessTime(time: Time | undefined): Micros | undefined {
  return time === undefined ? undefined : Number(time.seconds) * 1_000_000 + Math.floor(time.nanoseconds / 1000);
}

export interface TabletIdentity {
  readonly topology: Topology;
  readonly alias: string;
  readonly keyspace: string;
  readonly shard: string;
  readonly hostname: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly mysqlPort: number;
  readonly startedAt: Micros;
  /** Empty for Vitess's default, `vt_<keyspace>`. */
  readonly dbNameOverride: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Writes this tablet's record, whole, with its ShardReplication entry. */
export async function publishTablet(identity: TabletIdentity, type: TabletTypeName, termStart: Micros | undefined): Promise<Tablet> {
  const tablet = Tablet.fromPartial({
    alias: parseTabletAlias(identity.alias), hostname: identity.hostname, portMap: { vt: identity.httpPort, grpc: identity.grpcPort, mysql: identity.mysqlPort },
    keyspace: identity.keyspace, shard: identity.shard, keyRange: parseShardName(identity.shard).keyRange, type: TabletType[type], dbNameOverride: identity.dbNameOverride,
    tags: { ...identity.tags }, mysqlHostname: identity.hostname, mysqlPort: identity.mysqlPort,
    tabletStartTime: toVitessTime(identity.startedAt), ...(termStart === undefined ? {} : { primaryTermStartTime: toVitessTime(termStart) }),
  });
  await registerTablet(identity.topology, tablet);
  return tablet;
}

/** For messages. */
export function describeTime(time: Time | undefined): string {
  const at = fromVitessTime(time);
  return at === undefined ? 'never' : formatMicros(at);
}
