import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as build from '../ast/build.ts';
import type { Expression, IntervalUnit, When } from '../ast/expression.ts';
import { sameTree } from '../ast/sameTree.ts';
import { parseExpression } from '../parser/index.ts';
import { printExpression } from './index.ts';

const nowhere = { start: -1, end: -1 } as const;
const runs = process.env.VTREWIND_TEST === 'long' ? 60_000 : 3_000;

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'id', 'user', 'select', 'end', 'date', 'interval', 'x y', 'ä', '`q`', '_utf8mb4', '1a').map((name): Expression => build.column(name)),
  fc.constantFrom('t', 'order').chain((table) => fc.constantFrom('a', 'from').map((name): Expression => build.column(name, table))),
  fc.nat(99).map((n): Expression => build.integer(n)),
  fc.constantFrom('18446744073709551616', '0').map((text): Expression => ({ kind: 'number', type: 'integer', text, ...nowhere })),
  fc.constantFrom('1.5', '.5', '0.10').map((text): Expression => ({ kind: 'number', type: 'decimal', text, ...nowhere })),
  fc.constantFrom('1e5', '1.5e-3').map((text): Expression => ({ kind: 'number', type: 'float', text, ...nowhere })),
  fc.string({ maxLength: 6, unit: 'grapheme' }).map((value): Expression => build.string(value)),
  fc.constantFrom('it\'s', '\\', '\\%', '\0', '\n', '"', '--', '/*', '\x1a').map((value): Expression => build.string(value)),
  fc.boolean().map((value): Expression => build.bool(value)),
  fc.constant<Expression>(build.nullLiteral()),
  fc.constantFrom('v1', 'name').map((name): Expression => build.bind(name)),
  fc.constantFrom('v', 'a b', '').map((name): Expression => ({ kind: 'userVariable', name, ...nowhere })),
  fc.constantFrom('4D', '').map((digits): Expression => ({ kind: 'hex', digits, form: 'string', ...nowhere })),
  fc.constantFrom('4d', 'ABC').map((digits): Expression => ({ kind: 'hex', digits, form: 'number', ...nowhere })),
  fc.constant<Expression>({ kind: 'temporal', type: 'date', value: '2024-01-01', ...nowhere }),
  fc.constant<Expression>({ kind: 'systemVariable', scope: 'session', name: 'sql_mode', ...nowhere }),
  fc.constant<Expression>(build.countStar()),
);

/** Random trees; `assign` is added only for the round trip (see below). */
function trees(withAssign: boolean): fc.Arbitrary<Expression> {
  return fc.letrec<{ e: Expression }>((tie) => {
    const e = tie('e');
    const kinds: fc.Arbitrary<Expression>[] = [
      leaf,
      fc.tuple(fc.constantFrom<'-' | '+' | '~' | 'binary'>('-', '+', '~', 'binary'), e).map(([op, operand]): Expression => ({ kind: 'unary', op, operand, ...nowhere })),
      e.map((operand): Expression => build.not(operand)),
      fc.tuple(fc.constantFrom('+', '-', '*', '/', 'div', '%', '|', '&', '^', '<<', '>>'), e, e).map(([op, l, r]): Expression => build.arithmetic(op as '+', l, r)),
      fc.tuple(fc.constantFrom<'and' | 'or' | 'xor'>('and', 'or', 'xor'), e, e).map(([op, l, r]): Expression => build.logical(op, l, r)),
      fc.tuple(fc.constantFrom('=', '<=>', '!=', '<', '<=', '>', '>='), e, e).map(([op, l, r]): Expression => build.compare(op as '=', l, r)),
      fc.tuple(fc.boolean(), e, e, fc.option(e, { nil: undefined })).map(([not, left, pattern, escaped]): Expression => ({ kind: 'like', not, left, pattern, escape: escaped, ...nowhere })),
      fc.tuple(fc.boolean(), e, e).map(([not, left, pattern]): Expression => ({ kind: 'regexp', not, left, pattern, ...nowhere })),
      fc.tuple(fc.boolean(), e, fc.array(e, { minLength: 1, maxLength: 3 }).filter((items) => items.length > 1 || items[0]?.kind !== 'subquery')).map(([not, l, items]): Expression => build.inList(l, build.row(items), not)),
      fc.tuple(fc.boolean(), e).map(([not, l]): Expression => build.inList(l, build.listBind('list'), not)),
      fc.tuple(fc.boolean(), e, e, e).map(([not, operand, low, high]): Expression => ({ kind: 'between', not, operand, low, high, ...nowhere })),
      fc.tuple(fc.boolean(), e, fc.constantFrom<'null' | 'true' | 'false' | 'unknown'>('null', 'true', 'false', 'unknown')).map(([not, operand, test]): Expression => ({ kind: 'is', not, operand, test, ...nowhere })),
      fc.tuple(e, e).map((items): Expression => build.row(items)),
      fc.tuple(e, fc.constantFrom('utf8mb4_bin', 'binary')).map(([operand, collation]): Expression => ({ kind: 'collate', operand, collation, ...nowhere })),
      fc.tuple(fc.constantFrom<'+' | '-'>('+', '-'), e, e.filter((amount) => !printExpression(amount).includes('(')), fc.constantFrom<IntervalUnit>('day', 'year_month')).map(
        ([op, left, amount, unit]): Expression => build.arithmetic(op, left, { kind: 'interval', amount, unit, ...nowhere }),
      ),
      fc.tuple(fc.option(e, { nil: undefined }), fc.array(fc.tuple(e, e), { minLength: 1, maxLength: 2 }), fc.option(e, { nil: undefined })).map(
        ([operand, whens, otherwise]): Expression => ({
          kind: 'case', operand, whens: whens.map(([when, then]): When => ({ kind: 'when', when, then, ...nowhere })), else: otherwise, ...nowhere,
        }),
      ),
      fc.tuple(fc.constantFrom('abs', 'if', 'left', 'mod', 'current_timestamp', 'last_insert_id', 'my_function'), fc.array(e, { maxLength: 3 })).map(([name, args]): Expression => build.call(name, ...args)),
      fc.tuple(fc.constantFrom('count', 'all', 'weird name'), fc.array(e, { maxLength: 2 })).map(([name, args]): Expression => ({ kind: 'function', name, args, quoted: true, ...nowhere })),
      fc.tuple(fc.boolean(), e).map(([distinct, arg]): Expression => build.aggregate('sum', [arg], distinct)),
      e.map((operand): Expression => ({ kind: 'cast', operand, type: { kind: 'castType', name: 'char', length: '10', ...nowhere }, array: false, ...nowhere })),
      e.map((operand): Expression => ({ kind: 'extract', unit: 'day_hour', operand, ...nowhere })),
      fc.tuple(e, e).map(([what, operand]): Expression => ({ kind: 'trim', side: 'both', what, operand, ...nowhere })),
      fc.tuple(e, e).map(([value, array]): Expression => ({ kind: 'memberOf', value, array, ...nowhere })),
      fc.tuple(e, e).map(([left, right]): Expression => ({ kind: 'soundsLike', left, right, ...nowhere })),
      fc.tuple(e, e).map(([expr, where]): Expression => build.subquery(build.select([build.item(expr, 'x')], [build.table('t')], { where }))),
      fc.tuple(e, e).map(([l, inner]): Expression => ({ kind: 'comparison', op: '=', quantifier: 'any', left: l, right: build.subquery(build.select([build.item(inner)], [])), ...nowhere })),
    ];
    if (withAssign) kinds.push(e.map((value): Expression => ({ kind: 'assign', variable: { kind: 'userVariable', name: 'v', ...nowhere }, value, ...nowhere })));
    return { e: fc.oneof({ depthSize: 'small', withCrossShrink: true }, ...(kinds as [fc.Arbitrary<Expression>, ...fc.Arbitrary<Expression>[]])) };
  }).e;
}

describe('printed expressions', () => {
  it('parse back to the same tree, in both dialects', () => {
    fc.assert(
      fc.property(trees(true), (tree) => {
        const text = printExpression(tree);
        for (const dialect of ['mysql', 'mariadb'] as const) expect(sameTree(parseExpression(text, { dialect }), tree), text).toBe(true);
        expect(printExpression(parseExpression(text))).toBe(text);
      }),
      { numRuns: runs },
    );
  });

  it('parse back to the same tree with the quotes Vitess puts', () => {
    fc.assert(fc.property(trees(true), (tree) => sameTree(parseExpression(printExpression(tree, { quote: 'keywords' })), tree)), { numRuns: runs / 10 });
  });

  it('parse back to the same tree without backslash escapes', () => {
    fc.assert(
      fc.property(trees(true), (tree) => sameTree(parseExpression(printExpression(tree, { noBackslashEscapes: true }), { sqlMode: { noBackslashEscapes: true } }), tree)),
      { numRuns: runs / 10 },
    );
  });

  it('have no parentheses that could be left out', () => {
    fc.assert(
      fc.property(trees(false), (tree) => {
        const text = printExpression(tree);
        for (const [open, close] of groups(text)) {
          const without = `${text.slice(0, open)} ${text.slice(open + 1, close)} ${text.slice(close + 1)}`;
          let back: Expression | undefined;
          try {
            back = parseExpression(without);
          } catch {
            continue;
          }
          expect(sameTree(back, tree), `${text} could be ${without}`).toBe(false);
        }
      }),
      { numRuns: Math.ceil(runs / 3) },
    );
  });

  it('are what a reader would write', () => {
    for (const [given, printed] of [
      ['A AND (B OR C)', 'A and (B or C)'],
      ['((a = 1)) && !b', 'a = 1 and not b'],
      ['a - (b - c) - d', 'a - (b - c) - d'],
      ['a <> -1 or not (a and b)', 'a != -1 or not (a and b)'],
      ['- -1', '- -1'],
      ['(a, b) IN ((1, 2), (3, 4))', '(a, b) in ((1, 2), (3, 4))'],
      ['interval 1 DAY + d', 'd + interval 1 day'],
      ['now() - INTERVAL (1 + 2) hour', 'now() - interval 1 + 2 hour'],
      ['a between 1 and 2 and b', 'a between 1 and 2 and b'],
      ["x'4d' = 0x4D and b'01' = 0b01", "x'4d' = 0x4D and b'01' = b'01'"],
      ["_latin1 'a' 'b'", "_latin1 'ab'"],
      ["substring('abc' from 2 for 1)", "substring('abc', 2, 1)"],
      ['position(a in b)', 'locate(a, b)'],
      ['current_timestamp', 'current_timestamp()'],
      ['count( distinct a,b )', 'count(distinct a, b)'],
      ["group_concat(a order by b separator '|')", "group_concat(a order by b asc separator '|')"],
      ['a -> "$.x"', "a -> '$.x'"],
      ['convert(a, signed integer)', 'cast(a as signed)'],
      ['row(1,2) = (3,4)', '(1, 2) = (3, 4)'],
      ['a is not true', 'a is not true'],
      ['a rlike b', 'a regexp b'],
      ['a >= some (select 1)', 'a >= any (select 1 from dual)'],
      ['match(a) against (b in boolean mode)', 'match(a) against (b in boolean mode)'],
      ['{d "2024-01-01"}', "date '2024-01-01'"],
      ['sum(a) over (partition by b order by c rows between 1 preceding and current row)', 'sum(a) over (partition by b order by c asc rows between 1 preceding and current row)'],
    ] as const) expect(printExpression(parseExpression(given))).toBe(printed);
  });
});

/** The pairs of parentheses that only group: those not behind a word or name (calls, IN, ANY, OVER) and outside of quotes. */
function groups(text: string): [number, number][] {
  const found: [number, number][] = [];
  const open: [number, boolean][] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c === "'" || c === '`') {
      for (i++; i < text.length && !(text[i] === c && text[i + 1] !== c); i++) if (text[i] === c || (c === "'" && text[i] === '\\')) i++;
    } else if (c === '(') {
      open.push([i, i === 0 || /[ (]/.test(text[i - 1] as string)]);
    } else if (c === ')') {
      const last = open.pop();
      if (last?.[1] === true) found.push([last[0], i]);
    }
  }
  return found;
}
