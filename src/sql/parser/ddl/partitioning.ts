import type { Expression } from '../../ast/expression.ts';
import type { PartitionDefinition, Partitioning, PartitionMethod } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { optionalEquals } from './clauses.ts';
import { textUntil } from './sourceText.ts';
import { tableOptions } from './tableOptions.ts';

/** PARTITION BY …, with the cursor on PARTITION. */
export function partitioning(c: Cursor): Partitioning {
  const start = c.start;
  c.expect(K.PARTITION);
  c.expect(K.BY);
  const by = method(c);
  const count = c.accept(K.PARTITIONS) ? c.integer() : undefined;
  let sub: Partitioning['sub'];
  if (c.accept(K.SUBPARTITION)) {
    c.expect(K.BY);
    const subBy = method(c);
    const subCount = c.accept(K.SUBPARTITIONS) ? c.integer() : undefined;
    sub = { by: subBy, count: subCount };
  }
  const definitions = c.kind === T.LPAREN ? partitionList(c) : c.none();
  return { kind: 'partitioning', by, count, sub, definitions, start, end: c.lastEnd };
}

function method(c: Cursor): PartitionMethod {
  const start = c.start;
  const linear = c.accept(K.LINEAR);
  const done = (type: PartitionMethod['type'], parts: Partial<PartitionMethod>): PartitionMethod => ({
    kind: 'partitionMethod', type, linear, algorithm: parts.algorithm, expression: parts.expression, columns: parts.columns, rest: parts.rest, start, end: c.lastEnd,
  });
  if (c.accept(K.HASH)) return done('hash', { expression: inParens(c) });
  if (c.accept(K.KEY)) {
    let algorithm: string | undefined;
    if (c.accept(K.ALGORITHM)) {
      optionalEquals(c);
      algorithm = c.integer();
    }
    return done('key', { algorithm, columns: names(c) });
  }
  if (linear) throw c.unexpected('HASH or KEY');
  if (c.accept(K.RANGE)) return c.accept(K.COLUMNS) ? done('range columns', { columns: names(c) }) : done('range', { expression: inParens(c) });
  if (c.accept(K.LIST)) return c.accept(K.COLUMNS) ? done('list columns', { columns: names(c) }) : done('list', { expression: inParens(c) });
  if (c.accept(K.SYSTEM_TIME)) {
    const rest = textUntil(c, (inner) => inner.is(K.PARTITIONS) || inner.is(T.LPAREN) || inner.is(K.SUBPARTITION));
    return done('system_time', { rest: rest === '' ? undefined : rest });
  }
  throw c.unexpected('HASH, KEY, RANGE or LIST');
}

function inParens(c: Cursor): Expression {
  c.expect(T.LPAREN);
  const expression = c.grammar.expression(c);
  c.expect(T.RPAREN);
  return expression;
}

/** Names in parentheses, none being allowed. */
function names(c: Cursor): readonly string[] {
  if (c.accept2(T.LPAREN, T.RPAREN)) return c.none();
  return c.nameList();
}

/** `(partition a values …, partition b …)`. */
export function partitionList(c: Cursor): PartitionDefinition[] {
  c.expect(T.LPAREN);
  const found = c.list(partitionDefinition);
  c.expect(T.RPAREN);
  return found;
}

export function partitionDefinition(c: Cursor): PartitionDefinition {
  const start = c.start;
  c.expect(K.PARTITION);
  const name = c.name('a partition');
  let lessThan: Expression[] | undefined;
  let maxvalue = false;
  let members: Expression[] | undefined;
  let special: PartitionDefinition['special'];
  if (c.accept(K.VALUES)) {
    if (c.accept(K.LESS)) {
      c.expect(K.THAN);
      if (c.accept(K.MAXVALUE)) maxvalue = true;
      else lessThan = limits(c);
    } else {
      c.expect(K.IN);
      if (c.kind === T.LPAREN && c.peek() === K.DEFAULT) {
        c.advance();
        c.advance();
        c.expect(T.RPAREN);
        special = 'default';
      } else members = limits(c);
    }
  } else if (c.accept(K.HISTORY)) special = 'history';
  else if (c.accept(K.CURRENT)) special = 'current';
  else if (c.accept(K.DEFAULT)) special = 'default';
  const options = tableOptions(c);
  let subpartitions: readonly PartitionDefinition[] = c.none();
  if (c.kind === T.LPAREN) {
    c.advance();
    subpartitions = c.list(subpartition);
    c.expect(T.RPAREN);
  }
  return { kind: 'partitionDefinition', subpartition: false, name, lessThan, maxvalue, in: members, special, options, subpartitions, start, end: c.lastEnd };
}

/** `(1, maxvalue)`, `((1, 2), (3, 4))`: MAXVALUE comes as a column of that name. */
function limits(c: Cursor): Expression[] {
  c.expect(T.LPAREN);
  const found = c.list(limitValue);
  c.expect(T.RPAREN);
  return found;
}

function limitValue(c: Cursor): Expression {
  const start = c.start;
  if (c.kind === T.LPAREN) {
    // `((1, 2), (3, maxvalue))`; with one column the inner parentheses are an expression's.
    const at = c.at;
    const lastEnd = c.lastEnd;
    c.advance();
    const items = c.list(scalarLimit);
    if (items.length > 1) {
      c.expect(T.RPAREN);
      return { kind: 'row', items, start, end: c.lastEnd };
    }
    c.backTo(at, lastEnd);
  }
  return scalarLimit(c);
}

function scalarLimit(c: Cursor): Expression {
  const start = c.start;
  if (c.accept(K.MAXVALUE)) return { kind: 'column', schema: undefined, table: undefined, name: 'maxvalue', start, end: c.lastEnd };
  return c.grammar.expression(c);
}

function subpartition(c: Cursor): PartitionDefinition {
  const start = c.start;
  c.expect(K.SUBPARTITION);
  const name = c.nameOrString('a subpartition');
  const options = tableOptions(c);
  return { kind: 'partitionDefinition', subpartition: true, name, lessThan: undefined, maxvalue: false, in: undefined, special: undefined, options, subpartitions: c.none(), start, end: c.lastEnd };
}
