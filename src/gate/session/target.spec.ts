import { describe, expect, it } from 'vitest';
import { formatTarget, parseTarget } from './target.ts';

describe('a target', () => {
  it.each([
    ['ks', 'ks', undefined, 'PRIMARY', false],
    ['ks:-80', 'ks', { kind: 'shard', shard: '-80' }, 'PRIMARY', false],
    ['ks/80-', 'ks', { kind: 'shard', shard: '80-' }, 'PRIMARY', false],
    ['ks@replica', 'ks', undefined, 'REPLICA', true],
    ['ks:-80@rdonly', 'ks', { kind: 'shard', shard: '-80' }, 'RDONLY', true],
    ['ks[40-80]@primary', 'ks', { kind: 'keyRange', range: '40-80' }, 'PRIMARY', true],
    ['ks[-]', 'ks', { kind: 'allShards' }, 'PRIMARY', false],
    ['@replica', '', undefined, 'REPLICA', true],
    ['', '', undefined, 'PRIMARY', false],
  ] as const)('%s', (text, keyspace, shard, tabletType, explicitType) => {
    const target = parseTarget(text);
    expect(target).toEqual({ keyspace, shard, tabletType, explicitType });
    expect(formatTarget(target)).toBe(text.replace('/', ':'));
  });

  it.each(['ks@spare', 'ks@', 'ks:', 'ks[8]', 'ks[40-80', 'x'.repeat(600)])('%s is refused', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ mysql: 1049 }));
  });
});
