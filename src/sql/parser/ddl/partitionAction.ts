import type { PartitionAction } from '../../ast/alterTable.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { ifNotExists } from './clauses.ts';
import { partitionDefinition, partitionList } from './partitioning.ts';

type Parts = Partial<Omit<PartitionAction, 'kind' | 'start' | 'end' | 'action'>>;

/** Verbs that take partition names or ALL and nothing else. */
const simple = new Map<number, PartitionAction['action']>([
  [K.TRUNCATE, 'truncate'], [K.ANALYZE, 'analyze'], [K.CHECK, 'check'], [K.OPTIMIZE, 'optimize'], [K.REBUILD, 'rebuild'], [K.REPAIR, 'repair'], [K.DISCARD, 'discard'],
  [K.IMPORT, 'import'],
]);

/** An alteration of partitions; undefined, with the cursor where it was, when none stands here. */
export function partitionAction(c: Cursor, start: number): PartitionAction | undefined {
  const done = (action: PartitionAction['action'], parts: Parts): PartitionAction => ({
    kind: 'partitionAction', action, local: parts.local ?? false, ifNotExists: parts.ifNotExists ?? false, names: parts.names ?? c.none(), all: parts.all ?? false,
    definitions: parts.definitions ?? c.none(), table: parts.table, validation: parts.validation, count: parts.count, words: parts.words ?? c.none(), start, end: c.lastEnd,
  });
  if (c.kind === K.REMOVE && c.peek() === K.PARTITIONING) {
    c.advance();
    c.advance();
    return done('remove partitioning', {});
  }
  if (c.kind === K.UPGRADE && c.peek() === K.PARTITIONING) {
    c.advance();
    c.advance();
    return done('upgrade partitioning', {});
  }
  if (c.kind === K.CONVERT && c.peek() === K.TABLE) {
    c.advance();
    c.advance();
    const table = c.tableName();
    c.expect(K.TO);
    return done('convert from table', { table, definitions: [partitionDefinition(c)], validation: validation(c) });
  }
  if (c.peek() !== K.PARTITION) return undefined;
  const verb = c.kind;
  const action = simple.get(verb);
  if (action === undefined && verb !== K.ADD && verb !== K.REORGANIZE && verb !== K.EXCHANGE && verb !== K.CONVERT && verb !== K.COALESCE) return undefined;
  c.advance();
  c.advance();
  if (action !== undefined) return namedPartitions(c, action, done);
  switch (verb) {
    case K.ADD: {
      const conditional = ifNotExists(c);
      const local = noBinlog(c);
      if (c.accept(K.PARTITIONS)) return done('add', { ifNotExists: conditional, local, count: c.integer() });
      if (c.kind === T.LPAREN) return done('add', { ifNotExists: conditional, local, definitions: partitionList(c) });
      throw c.unexpected('partitions');
    }
    case K.REORGANIZE: {
      const local = noBinlog(c);
      if (c.kind === T.EOF || c.kind === T.SEMICOLON) return done('reorganize', { local });
      const names = partitionNames(c);
      c.expect(K.INTO);
      return done('reorganize', { local, names, definitions: partitionList(c) });
    }
    case K.EXCHANGE: {
      const names = [c.name('a partition')];
      c.expect(K.WITH);
      c.expect(K.TABLE);
      const table = c.tableName();
      return done('exchange', { names, table, validation: validation(c) });
    }
    case K.CONVERT: {
      const names = [c.name('a partition')];
      c.expect(K.TO);
      c.expect(K.TABLE);
      return done('convert to table', { names, table: c.tableName() });
    }
    default: {
      const local = noBinlog(c);
      return done('coalesce', { local, count: c.integer() });
    }
  }
}

function namedPartitions(c: Cursor, action: PartitionAction['action'], done: (action: PartitionAction['action'], parts: Parts) => PartitionAction): PartitionAction {
  const local = noBinlog(c);
  const all = c.accept(K.ALL);
  const names = all ? c.none() : partitionNames(c);
  const words: string[] = [];
  if (action === 'discard' || action === 'import') {
    c.expect(K.TABLESPACE);
    words.push('tablespace');
  } else if (action === 'check' || action === 'repair') {
    while (c.isWord('quick') || c.isWord('extended') || c.isWord('fast') || c.isWord('medium') || c.isWord('changed') || c.isWord('use_frm') || c.is(K.FOR)) {
      if (c.is(K.FOR)) {
        c.advance();
        c.expect(K.UPGRADE);
        words.push('for upgrade');
      } else {
        words.push(c.word());
        c.advance();
      }
    }
  }
  return done(action, { local, all, names, words });
}

function partitionNames(c: Cursor): string[] {
  return c.list((inner) => inner.name('a partition'));
}

/** LOCAL and NO_WRITE_TO_BINLOG are one. */
export function noBinlog(c: Cursor): boolean {
  return c.accept(K.LOCAL) || c.accept(K.NO_WRITE_TO_BINLOG);
}

function validation(c: Cursor): 'with' | 'without' | undefined {
  if (c.accept2(K.WITH, K.VALIDATION)) return 'with';
  return c.accept2(K.WITHOUT, K.VALIDATION) ? 'without' : undefined;
}
