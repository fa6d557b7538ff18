import type { EngineLimits, GateActions, ResultPart, ShardInfo, ShardOptions, ShardOutcome, ShardQuery, VCursor } from '../../engine/vcursor.ts';
import type { PlanKeyspace } from '../../planner/plan.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';
import type { GateEnvironment } from './environment.ts';
import { anyKeyspace, shardsOf, unknownDatabase } from './routing.ts';
import type { SessionShards } from './sessionShards.ts';
import type { SessionState } from './sessionState.ts';
import type { LinkOptions } from './shardLink.ts';

/** The engine's way into one session, for one statement. */
export class GateCursor implements VCursor {
  readonly #env: GateEnvironment;
  readonly #shards: SessionShards;
  readonly session: SessionState;
  readonly signal: AbortSignal | undefined;
  readonly limits: EngineLimits;
  readonly gate: GateActions;
  readonly #how: LinkOptions;
  readonly #visible: ((keyspace: string) => boolean) | undefined;

  constructor(env: GateEnvironment, state: SessionState, shards: SessionShards, signal: AbortSignal | undefined, gate: GateActions, asks: { readonly setsInsertId?: boolean; readonly countsFoundRows?: boolean; readonly visible?: ((keyspace: string) => boolean) | undefined } = {}) {
    this.#visible = asks.visible;
    this.#env = env;
    this.#shards = shards;
    this.session = state;
    this.signal = signal;
    this.gate = gate;
    this.limits = { maxMemoryRows: env.limits.maxMemoryRows };
    this.#how = {
      ...(asks.setsInsertId === true ? { onInsertId: (id: bigint) => state.setLastInsertId(id) } : {}), ...(asks.countsFoundRows === true ? { onFoundRows: (rows: bigint) => state.setFoundRows(rows) } : {}),
      signal, maxRows: env.limits.maxMemoryRows, onWarnings: (warnings) => { for (const warning of warnings) state.addWarning(warning); },
    };
  }

  async allShards(keyspace: string, tabletType: TabletTypeName | undefined): Promise<readonly ShardInfo[]> {
    // As for one that does not exist: a query on information_schema tries another then.
    if (this.#visible?.(keyspace) === false) throw unknownDatabase(keyspace);
    return shardsOf(this.#env, this.session.target, keyspace, tabletType);
  }
  async anyKeyspace(): Promise<PlanKeyspace> {
    return anyKeyspace(this.#env);
  }
  execute(queries: readonly ShardQuery[], options: ShardOptions): Promise<readonly ShardOutcome[]> {
    return this.#shards.execute(queries, options, this.#how);
  }
  stream(query: ShardQuery, options: ShardOptions, onPart: (part: ResultPart) => Promise<void> | void): Promise<void> {
    return this.#shards.stream(query, options, this.#how, onPart);
  }
}
