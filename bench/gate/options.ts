import { parseArgs } from 'node:util';
import type { Flavour } from '../../src/mysqld/serverBinary.ts';

export const TARGETS = ['direct', 'relay', 'haproxy', 'gate'] as const;
export type TargetName = (typeof TARGETS)[number];

export interface BenchOptions {
  readonly rounds: number;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly connections: readonly number[];
  readonly targets: readonly TargetName[];
  readonly flavour: Flavour;
  readonly rows: number;
  readonly load: 'auto' | 'sysbench' | 'node';
  readonly json: boolean;
  /** Fails the run when the gate's CPU per query is above this many times the relay's. */
  readonly maxRatio: number | undefined;
  /** Folder for V8 CPU profiles of the gate and the other roles. */
  readonly cpuProfile: string | undefined;
}

export const USAGE = `npm run bench:gate -- [options]
  --rounds N          interleaved rounds (default 5)
  --seconds N         length of one measurement (default 4)
  --connections LIST  client connections (default 4,32)
  --targets LIST      of direct, relay, haproxy, gate (default all)
  --flavour NAME      mariadb (default) or mysql behind all of them
  --rows N            rows of the table (default 10000)
  --load NAME         sysbench, node, or auto (default): sysbench where it is installed
  --max-ratio X       exit with 1 when gate/relay CPU per query is above X at any number of connections
  --cpu-prof FOLDER   write V8 CPU profiles of the gate there (its figures then include the profiler)
  --json              one JSON document instead of the table`;

/** Throws on what it does not understand. */
export function readOptions(argv: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' }, connections: { type: 'string', default: '4,32' }, targets: { type: 'string', default: TARGETS.join() },
      flavour: { type: 'string', default: 'mariadb' }, rows: { type: 'string', default: '10000' }, load: { type: 'string', default: 'auto' }, 'max-ratio': { type: 'string' }, 'cpu-prof': { type: 'string' },
      json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    rounds: within('rounds', values.rounds, 1, 100), seconds: within('seconds', values.seconds, 1, 60), connections: values.connections.split(',').map((n) => within('connections', n, 1, 256)),
    targets: values.targets.split(',').map((name) => oneOf('targets', name, TARGETS)), flavour: oneOf('flavour', values.flavour, ['mariadb', 'mysql'] as const),
    rows: within('rows', values.rows, 100, 1_000_000), load: oneOf('load', values.load, ['auto', 'sysbench', 'node'] as const), json: values.json,
    maxRatio: values['max-ratio'] === undefined ? undefined : Number(values['max-ratio']), cpuProfile: values['cpu-prof'],
  };
}

function within(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high) throw new Error(`--${name}: expected a whole number from ${low} to ${high}, not '${text}'`);
  return value;
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === text);
  if (found === undefined) throw new Error(`--${name}: expected ${known.join(', ')}, not '${text}'`);
  return found;
}
