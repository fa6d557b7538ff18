import { cpus, loadavg, release, totalmem } from 'node:os';
import { median } from './histogram.ts';
import type { LoadResult } from './load.ts';
import type { BenchOptions, TargetName } from './options.ts';

/** One target, one number of connections, one round. */
export interface Sample extends LoadResult {
  readonly target: TargetName;
  readonly connections: number;
  readonly round: number;
  /** Of the target's process during the measurement, logins included. */
  readonly cpuUs: number;
}

/** How busy the machine is: runnable processes, average of the last minute. A number well above 0 before the first round says that others run here, too. */
export function busyness(): number {
  return loadavg()[0] ?? 0;
}

/** Medians over the rounds. */
export interface Row {
  readonly target: TargetName;
  readonly connections: number;
  readonly queriesPerSecond: number;
  readonly cpuUsPerQuery: number;
  /** CPU per query against the relay's in the same round; absent for `direct`, whose CPU is the server's. */
  readonly cpuToRelay: number | undefined;
  readonly cpuToHaproxy: number | undefined;
  readonly throughputToRelay: number | undefined;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface Report {
  readonly machine: string;
  /** Load average before anything was started. */
  readonly busyBefore: number;
  readonly load: string;
  readonly targets: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly samples: readonly Sample[];
}

export function makeReport(options: BenchOptions, busyBefore: number, load: string, targets: Readonly<Record<string, string>>, samples: readonly Sample[]): Report {
  const rows = options.connections.flatMap((connections) => options.targets.map((target) => row(target, connections, samples.filter((sample) => sample.connections === connections))));
  return { machine: machine(), busyBefore, load, targets, rounds: options.rounds, seconds: options.seconds, rows, samples };
}

function row(target: TargetName, connections: number, all: readonly Sample[]): Row {
  const mine = all.filter((sample) => sample.target === target);
  const over = (value: (sample: Sample) => number) => median(mine.map(value));
  const against = (peer: TargetName, value: (sample: Sample) => number): number | undefined => {
    const pairs = mine.flatMap((sample) => all.filter((other) => other.target === peer && other.round === sample.round).map((other) => value(sample) / value(other)));
    return target === 'direct' || pairs.length === 0 ? undefined : median(pairs);
  };
  return {
    target, connections, queriesPerSecond: over(rate), cpuUsPerQuery: over(cost), cpuToRelay: against('relay', cost), cpuToHaproxy: against('haproxy', cost), throughputToRelay: against('relay', rate),
    p50Us: over((sample) => sample.p50Us), p99Us: over((sample) => sample.p99Us),
  };
}

function cost(sample: Sample): number {
  return sample.cpuUs / sample.queries;
}
function rate(sample: Sample): number {
  return sample.queries / sample.seconds;
}

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} x ${first?.model.trim() || 'unnamed CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()} ${process.arch}, Node ${process.version}`;
}

/** The report for people. */
export function printReport(report: Report): string {
  const cells = [
    ['target', 'conns', 'queries/s', 'CPU us/query', 'CPU/relay', 'CPU/haproxy', 'qps/relay', 'p50 us', 'p99 us'],
    ...report.rows.map((r) => [
      r.target, String(r.connections), r.queriesPerSecond.toFixed(0), r.target === 'direct' ? `(${r.cpuUsPerQuery.toFixed(1)})` : r.cpuUsPerQuery.toFixed(1), ratio(r.cpuToRelay), ratio(r.cpuToHaproxy),
      ratio(r.throughputToRelay), r.p50Us.toFixed(0), r.p99Us.toFixed(0),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map((line) => line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '));
  return [
    `machine: ${report.machine}; load average before: ${report.busyBefore.toFixed(1)}`, `load:    ${report.load}`, ...Object.entries(report.targets).map(([name, about]) => `${`${name}:`.padEnd(8)} ${about}`),
    `medians of ${report.rounds} interleaved rounds of ${report.seconds} s; ratios are medians of each round's; in brackets: the server's own CPU`, '', ...lines, '',
  ].join('\n');
}

function ratio(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(2);
}
