import { Counter, Gauge, type Registry } from 'prom-client';
import type { MysqlServer } from '../mysql/mysqlServer.ts';
import { latencyBuckets, type SessionCounters } from './session/environment.ts';
import type { PlanCache } from './session/planCache.ts';
import type { TabletPools } from './tabletPools.ts';

export interface MetricSources {
  readonly server: () => MysqlServer | undefined;
  readonly counters: SessionCounters;
  readonly plans: PlanCache;
  readonly pools: TabletPools;
  readonly startedAt: number;
}

/** The gate's numbers under vtgate's names where the thing is the same. Counted as plain numbers on the hot path; read here when the page is asked for. */
export function registerGateMetrics(registry: Registry, sources: MetricSources): void {
  const { counters, plans } = sources;
  const gauge = (name: string, help: string, read: () => number) => new Gauge({ name, help, registers: [registry], collect() { this.set(read()); } });
  const counter = (name: string, help: string, read: () => number) => new Counter({
    name, help, registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
  gauge('vtgate_mysql_server_conn_count', 'Client connections now', () => sources.server()?.connections.size ?? 0);
  gauge('vtgate_mysql_server_conn_count_unauthenticated', 'Client connections that have not logged in', () => sources.server()?.unauthenticated ?? 0);
  counter('vtgate_mysql_server_conn_accepted', 'Client connections accepted', () => sources.server()?.counts.accepted ?? 0);
  counter('vtgate_mysql_server_conn_refused', 'Client connections refused', () => sources.server()?.counts.refused ?? 0);
  counter('vtrewind_gate_failed_logins', 'Logins refused', () => sources.server()?.counts.failedLogins ?? 0);
  gauge('vtgate_query_plan_cache_length', 'Plans in the cache', () => plans.size);
  gauge('vtgate_query_plan_cache_capacity', 'Plans the cache may hold', () => plans.capacity);
  counter('vtgate_query_plan_cache_hits', 'Plans found in the cache', () => plans.counts.hits);
  counter('vtgate_query_plan_cache_misses', 'Plans made', () => plans.counts.misses);
  counter('vtgate_query_plan_cache_evictions', 'Plans dropped for room', () => plans.counts.evictions);
  gauge('vtgate_uptime', 'Nanoseconds since start', () => (performance.now() - sources.startedAt) * 1e6);
  counter('vtrewind_gate_statements_relayed', 'Statements passed through to one shard undecoded', () => counters.relayed);
  counter('vtrewind_gate_statements_planned', 'Statements run by the engine', () => counters.planned);
  counter('vtrewind_gate_rows_returned', 'Rows sent to clients', () => counters.rowsReturned);
  counter('vtrewind_gate_rows_affected', 'Rows changed', () => counters.rowsAffected);
  new Counter({
    name: 'vtrewind_gate_errors', help: 'Statements that failed, by MySQL error number', labelNames: ['mysql'], registers: [registry],
    collect() {
      this.reset();
      for (const [number, count] of counters.byError) this.inc({ mysql: String(number) }, count);
    },
  });
  new Counter({
    name: 'vtgate_transactions_processed', help: 'Transactions ended, by how', labelNames: ['type', 'shard'], registers: [registry],
    collect() {
      this.reset();
      this.inc({ type: 'commit', shard: '' }, counters.commits);
      this.inc({ type: 'rollback', shard: '' }, counters.rollbacks);
    },
  });
  new Gauge({
    name: 'vtrewind_gate_backend_connections', help: 'Connections to tablets', labelNames: ['tablet', 'state'], registers: [registry],
    collect() {
      this.reset();
      for (const { alias, open, inUse, waiting } of sources.pools.stats()) {
        this.set({ tablet: alias, state: 'open' }, open);
        this.set({ tablet: alias, state: 'in_use' }, inUse);
        this.set({ tablet: alias, state: 'waiting' }, waiting);
      }
    },
  });
  registry.registerMetric(new Timings(counters) as unknown as Gauge);
}

/** `vtgate_mysql_server_timings` from buckets that were counted elsewhere: prom-client's own histogram would be asked per statement. */
class Timings {
  readonly name = 'vtgate_mysql_server_timings';
  readonly help = 'Seconds from a command to the end of its answer';
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #counters: SessionCounters;

  constructor(counters: SessionCounters) {
    this.#counters = counters;
  }

  async get(): Promise<object> {
    const { latency, latencySum } = this.#counters;
    const values: object[] = [];
    let total = 0;
    for (let i = 0; i <= latencyBuckets.length; i++) {
      total += latency[i] as number;
      values.push({ value: total, labels: { operation: 'Query', le: i < latencyBuckets.length ? latencyBuckets[i] : '+Inf' }, metricName: `${this.name}_bucket` });
    }
    values.push({ value: latencySum, labels: { operation: 'Query' }, metricName: `${this.name}_sum` }, { value: total, labels: { operation: 'Query' }, metricName: `${this.name}_count` });
    return { name: this.name, help: this.help, type: this.type, values, aggregator: this.aggregator };
  }
  getForPromString(): Promise<object> {
    return this.get();
  }
  reset(): void {
    this.#counters.latency.fill(0);
    this.#counters.latencySum = 0;
  }
}

/** /debug/vars: vtgate's names. */
export function gateVars(sources: MetricSources): Record<string, unknown> {
  const { counters, plans } = sources;
  const server = sources.server();
  return {
    MysqlServerConnAccepted: server?.counts.accepted ?? 0, MysqlServerConnRefused: server?.counts.refused ?? 0, MysqlServerConnCount: server?.connections.size ?? 0,
    MysqlServerConnCountUnauthenticated: server?.unauthenticated ?? 0,
    MysqlServerTimings: { TotalCount: counters.queries, TotalTime: Math.round(counters.latencySum * 1e9) },
    QueryPlanCacheLength: plans.size, QueryPlanCacheCapacity: plans.capacity, QueryPlanCacheHits: plans.counts.hits, QueryPlanCacheMisses: plans.counts.misses, QueryPlanCacheEvictions: plans.counts.evictions,
    ErrorsByCode: Object.fromEntries(counters.byError), TransactionsProcessed: { commit: counters.commits, rollback: counters.rollbacks },
    StatementsRelayed: counters.relayed, StatementsPlanned: counters.planned, Uptime: Math.round((performance.now() - sources.startedAt) * 1e6),
  };
}
