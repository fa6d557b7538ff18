import { MysqlClientConnection } from '../../src/mysql/clientConnection.ts';
import { Histogram, percentile } from './histogram.ts';
import type { LoadRequest } from './load.ts';
import { DATABASE, pointSelect } from './table.ts';

/**
 * The load where there is no sysbench: a process of its own, so that it shares no event loop with what it measures. It costs more CPU a query than
 * sysbench does, so throughput is lower; CPU per query of the target is read from its own process and stays comparable.
 */
const request = JSON.parse(process.argv[2] ?? '{}') as LoadRequest;
const histogram = new Histogram();
let queries = 0;

async function client(connection: MysqlClientConnection, seed: number, until: number): Promise<void> {
  let state = seed;
  for (let now = performance.now(); now < until; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const { rows } = await connection.query(pointSelect(1 + ((state >>> 8) % request.rows)));
    if (rows.length !== 1) throw new Error(`${rows.length} rows for one id`);
    const then = now;
    now = performance.now();
    histogram.add((now - then) * 1000);
    queries++;
  }
}

const connections = await Promise.all(Array.from({ length: request.connections }, () => MysqlClientConnection.connect({ port: request.port, user: 'root', database: DATABASE })));
const start = performance.now();
await Promise.all(connections.map((connection, i) => client(connection, i * 7919 + 1, start + request.seconds * 1000)));
const seconds = (performance.now() - start) / 1000;
for (const connection of connections) connection.quit();
const buckets = histogram.buckets();
process.once('disconnect', () => process.exit(0));
process.send?.({ ready: { queries, seconds, p50Us: percentile(buckets, 0.5), p99Us: percentile(buckets, 0.99) } });
