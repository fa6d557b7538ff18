import { expect, it } from 'vitest';
import { normalizeArgv } from './normalizeArgv.ts';

const names = new Set(['init-keyspace', 'init-shard', 'keyspace-type', 'c0-mode']);

it('takes the flags as the Vitess documents print them', () => {
  expect(normalizeArgv(['CreateKeyspace', '-keyspace_type=SNAPSHOT', '--init_keyspace', 'a_b', 'restore_ks'], names)).toEqual([
    'CreateKeyspace', '--keyspace-type=SNAPSHOT', '--init-keyspace', 'a_b', 'restore_ks',
  ]);
});

it('keeps shard names, short flags and everything after --', () => {
  expect(normalizeArgv(['-init_shard', '-80', '-c0', '-e', '--', '-init_shard'], names)).toEqual(['--init-shard', '-80', '-c0', '-e', '--', '-init_shard']);
});
