import { shardName, type TabletHealth } from './tabletHealth.ts';

export interface Promotion {
  readonly health: TabletHealth;
  /** Alias of the primary before it. */
  readonly before: string | undefined;
}

/**
 * Who is the primary of each shard, by the latest term. A term stays the shard's latest for as long as its tablet is known, also while that
 * tablet is down or no longer primary: a tablet of an earlier term that still thinks it is primary must not be asked in its place.
 */
export class ShardPrimaries {
  readonly #latest = new Map<string, { readonly alias: string; readonly term: number }>();
  readonly #primaries = new Map<string, TabletHealth>();

  /** Undefined when no tablet of the latest term says it is primary. It may be down. */
  of(shard: string): TabletHealth | undefined {
    return this.#primaries.get(shard);
  }

  /** Takes in what is known of all tablets now. Answers the shards whose latest term is now another tablet's than before, or the first. */
  update(tablets: ReadonlyMap<string, TabletHealth>): Promotion[] {
    for (const [shard, { alias }] of this.#latest) if (!tablets.has(alias)) this.#latest.delete(shard);
    this.#primaries.clear();
    const promoted: Promotion[] = [];
    for (const health of tablets.values()) {
      const heard = health.serving || health.primaryTermStart > 0;
      if (health.target.tabletType !== 'PRIMARY' || !heard) continue;
      const shard = shardName(health.target);
      const latest = this.#latest.get(shard);
      if (latest !== undefined && health.primaryTermStart < latest.term) continue;
      const rival = this.#primaries.get(shard);
      if (rival !== undefined && rival.primaryTermStart === health.primaryTermStart && rival.serving) continue;
      if (latest?.alias !== health.alias) promoted.push({ health, before: latest?.alias });
      this.#latest.set(shard, { alias: health.alias, term: health.primaryTermStart });
      this.#primaries.set(shard, health);
    }
    return promoted;
  }
}
