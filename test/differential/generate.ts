import type { Flavour } from '../../src/mysqld/serverBinary.ts';
import { Queries, type Generated } from './grammar/queries.ts';
import type { Making } from './grammar/scope.ts';
import { Random } from './random.ts';

const queries = new Queries();

/** One statement that reads; the same seed and flavour give the same text. */
export function generate(seed: number, flavour: Flavour): Generated {
  const making: Making = { random: new Random(seed), flavour, ctes: [], loose: false, names: 0 };
  return queries.statement(making);
}
