import type { ArithmeticOp, Between, ComparisonOp, Expression, In, Interval, Is, UserVariable } from '../ast/expression.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import { KIND_COUNT } from '../lexer/keywords.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { intervalUnit } from './interval.ts';
import { bind } from './literals.ts';
import { listOrSubquery, parenthesised, primary } from './primary.ts';

/**
 * How tightly operators bind, from loose to tight. These are the levels of MySQL's grammar (expr, bool_pri, predicate, bit_expr, simple_expr)
 * with its precedences inside of them; the precedence test asks real servers about every pair.
 * Chains that MySQL refuses and MariaDB takes (`a in (1) in (2)`) are read in MariaDB's dialect only; the printer puts parentheses there.
 */
export const OR = 1;
export const XOR = 2;
export const AND = 3;
export const NOT = 4;
export const COMPARISON = 5;
export const PREDICATE = 6;
export const BIT_OR = 7;
export const BIT_AND = 8;
export const SHIFT = 9;
export const SUM = 10;
export const PRODUCT = 11;
export const POWER = 12;
export const CONCAT = 13;
export const UNARY = 14;
export const COLLATE = 15;

/** By token kind: how tightly it holds what stands left of it; 0 for what is no infix operator. */
const bindingPower = new Uint8Array(KIND_COUNT);
const powers: readonly (readonly [number, readonly number[]])[] = [
  [OR, [K.OR]], [XOR, [K.XOR]], [AND, [K.AND, T.AND_AND]],
  [COMPARISON, [T.EQ, T.NULL_SAFE_EQ, T.NE, T.LT, T.LE, T.GT, T.GE, K.IS]],
  [PREDICATE, [K.IN, K.LIKE, K.BETWEEN, K.REGEXP, K.RLIKE, K.NOT, K.SOUNDS, K.MEMBER]],
  [BIT_OR, [T.PIPE]], [BIT_AND, [T.AMP]], [SHIFT, [T.SHL, T.SHR]], [SUM, [T.PLUS, T.MINUS]],
  [PRODUCT, [T.STAR, T.SLASH, T.PERCENT, K.DIV, K.MOD]], [POWER, [T.CARET]],
  // Either OR or concatenation; the loop below decides by sql_mode.
  [CONCAT, [T.OR_OR]],
  [COLLATE, [K.COLLATE]],
];
for (const [power, kinds] of powers) for (const kind of kinds) bindingPower[kind] = power;

/** Any expression. */
export function expression(c: Cursor): Expression {
  return operand(c, OR);
}

/** See Grammar.bits. */
export function bits(c: Cursor): Expression {
  return operand(c, BIT_OR);
}

/** An expression made of operators that bind at least as tightly as `min`. */
function operand(c: Cursor, min: number): Expression {
  c.enter();
  const start = c.start;
  const opening = c.kind;
  const first = prefix(c, min, start);
  const all = bindingPower[c.kind] === 0 ? first : infix(c, first, min, start, reach(c, opening, first));
  c.leave();
  return all;
}

/** How tightly an operator behind an operand may bind: what opened with NOT, INTERVAL or an assignment has taken all the tighter ones itself. */
function reach(c: Cursor, opening: number, first: Expression): number {
  if (opening === K.NOT) return c.settings.highNotPrecedence ? COLLATE : NOT;
  if (opening === K.INTERVAL && first.kind === 'arithmetic') return NOT;
  return opening === T.USER_VAR && first.kind === 'assign' ? 0 : COLLATE;
}

function prefix(c: Cursor, min: number, start: number): Expression {
  switch (c.kind) {
    case T.MINUS:
      return unary(c, '-', start);
    case T.PLUS:
      return unary(c, '+', start);
    case T.TILDE:
      return unary(c, '~', start);
    case K.BINARY:
      return unary(c, 'binary', start);
    case T.BANG:
      return negated(c, UNARY, start);
    case K.NOT:
      if (c.settings.highNotPrecedence) return negated(c, UNARY, start);
      if (min > NOT) throw c.unexpected('an operand; put NOT in parentheses');
      return negated(c, NOT, start);
    case K.INTERVAL:
      return leadingInterval(c, start);
    case T.USER_VAR:
      return userVariable(c, start);
    case T.LPAREN:
      return parenthesised(c);
    default:
      return primary(c);
  }
}

function unary(c: Cursor, op: '-' | '+' | '~' | 'binary', start: number): Expression {
  c.advance();
  const inner = operand(c, UNARY);
  return { kind: 'unary', op, operand: inner, start, end: c.lastEnd };
}

function negated(c: Cursor, min: number, start: number): Expression {
  c.advance();
  const inner = operand(c, min);
  return { kind: 'not', operand: inner, start, end: c.lastEnd };
}

/** `@name`, or `@name := value`, whose value reaches as far as an expression can. */
function userVariable(c: Cursor, start: number): Expression {
  const name = c.stream.value(c.at);
  c.advance();
  const variable: UserVariable = { kind: 'userVariable', name, start, end: c.lastEnd };
  if (c.kind !== T.ASSIGN) return variable;
  c.advance();
  const value = operand(c, OR);
  return { kind: 'assign', variable, value, start, end: c.lastEnd };
}

// ---- intervals ------------------------------------------------------------------------------------------------------------------

/**
 * `interval a unit`, or a call of the function `interval(a, b, …)`. The two begin alike: only what follows the parenthesis tells.
 */
export function intervalOrCall(c: Cursor): Interval | Expression {
  const start = c.start;
  c.advance();
  let amount: Expression;
  if (c.kind === T.LPAREN) {
    const inner = c.start;
    amount = parenthesised(c);
    if (amount.kind === 'row') return { kind: 'function', schema: undefined, name: 'interval', args: amount.items, quoted: false, start, end: c.lastEnd };
    amount = infix(c, amount, OR, inner);
  } else {
    amount = operand(c, OR);
  }
  const unit = intervalUnit(c);
  return { kind: 'interval', amount, unit, start, end: c.lastEnd };
}

/** An INTERVAL at the beginning of an operand is the function, or `interval a unit + b`, which is `b + interval a unit`. */
function leadingInterval(c: Cursor, start: number): Expression {
  const found = intervalOrCall(c);
  if (found.kind !== 'interval') return found;
  c.expect(T.PLUS);
  const left = operand(c, COMPARISON);
  return { kind: 'arithmetic', op: '+', left, right: found, start, end: c.lastEnd };
}

/** An argument of a function: an expression, or an interval on its own (`date_add(d, interval 1 day)`). */
export function argument(c: Cursor): Expression {
  if (c.kind !== K.INTERVAL) return operand(c, OR);
  const start = c.start;
  const found = intervalOrCall(c);
  if (found.kind !== 'interval') return infix(c, found, OR, start);
  if (!c.is(T.PLUS)) return found;
  c.advance();
  const left = operand(c, COMPARISON);
  return infix(c, { kind: 'arithmetic', op: '+', left, right: found, start, end: c.lastEnd }, OR, start);
}

// ---- infix ----------------------------------------------------------------------------------------------------------------------

/** Goes on behind `left`, which began at `start`, as long as operators bind at least as tightly as `min`. */
export function infix(c: Cursor, first: Expression, min: number, start: number, most: number = COLLATE): Expression {
  let left = first;
  // What `left` has become can't stand before an operator that binds more tightly: `a is null + 1`, `a in (1) in (2)` are errors.
  let max = most;
  for (let chain = 1; ; chain++) {
    const kind = c.kind;
    let power = bindingPower[kind] as number;
    if (kind === T.OR_OR && !c.settings.pipesAsConcat) power = OR;
    if (power === 0 || power < min || power > max) return left;
    // Chains of AND, OR and arithmetic are common and everything that walks trees is ready for long ones; others are not.
    if (power === COMPARISON || power >= CONCAT) c.checkNesting(chain);
    else c.checkChain(chain);
    max = power;
    switch (power) {
      case OR:
      case XOR:
      case AND: {
        c.advance();
        const right = operand(c, power + 1);
        left = { kind: 'logical', op: power === OR ? 'or' : power === XOR ? 'xor' : 'and', left, right, start, end: c.lastEnd };
        break;
      }
      case COMPARISON:
        left = kind === K.IS ? is(c, left, start) : comparison(c, left, start);
        if (left.kind === 'is' && left.test !== 'null' && !chains(c)) max = NOT;
        break;
      case PREDICATE: {
        const next = predicate(c, left, start);
        if (next === undefined) return left;
        left = next;
        if (!chains(c)) max = COMPARISON;
        break;
      }
      case CONCAT: {
        c.advance();
        const right = operand(c, CONCAT + 1);
        left = { kind: 'function', schema: undefined, name: 'concat', args: [left, right], quoted: false, start, end: c.lastEnd };
        break;
      }
      case COLLATE: {
        c.advance();
        const collation = c.accept(K.BINARY) ? 'binary' : c.nameOrString('a collation').toLowerCase();
        left = { kind: 'collate', operand: left, collation, start, end: c.lastEnd };
        break;
      }
      default:
        left = arithmetic(c, left, power, start);
    }
  }
}

/** MariaDB takes chains of predicates and of truth tests; MySQL has them put in parentheses. */
function chains(c: Cursor): boolean {
  return c.settings.dialect === 'mariadb';
}

const arithmeticOps: (ArithmeticOp | undefined)[] = [];
for (const [kind, op] of [
  [T.PLUS, '+'], [T.MINUS, '-'], [T.STAR, '*'], [T.SLASH, '/'], [T.PERCENT, '%'], [K.MOD, '%'], [K.DIV, 'div'],
  [T.PIPE, '|'], [T.AMP, '&'], [T.SHL, '<<'], [T.SHR, '>>'], [T.CARET, '^'],
] as const) arithmeticOps[kind] = op;

function arithmetic(c: Cursor, left: Expression, power: number, start: number): Expression {
  const op = arithmeticOps[c.kind] as ArithmeticOp;
  c.advance();
  let right: Expression;
  if (power === SUM && c.kind === K.INTERVAL) {
    const inner = c.start;
    right = intervalOrCall(c);
    if (right.kind !== 'interval') right = infix(c, right, SUM + 1, inner);
  } else {
    right = operand(c, power + 1);
  }
  return { kind: 'arithmetic', op, left, right, start, end: c.lastEnd };
}

const comparisonOps: (ComparisonOp | undefined)[] = [];
comparisonOps[T.EQ] = '=';
comparisonOps[T.NULL_SAFE_EQ] = '<=>';
comparisonOps[T.NE] = '!=';
comparisonOps[T.LT] = '<';
comparisonOps[T.LE] = '<=';
comparisonOps[T.GT] = '>';
comparisonOps[T.GE] = '>=';

function comparison(c: Cursor, left: Expression, start: number): Expression {
  const op = comparisonOps[c.kind] as ComparisonOp;
  c.advance();
  const next = c.kind;
  if ((next === K.ALL || next === K.ANY || next === K.SOME) && c.peek() === T.LPAREN) {
    c.advance();
    const right = subqueryInParentheses(c);
    return { kind: 'comparison', op, left, right, quantifier: next === K.ALL ? 'all' : 'any', start, end: c.lastEnd };
  }
  const right = operand(c, PREDICATE);
  return { kind: 'comparison', op, left, right, quantifier: undefined, start, end: c.lastEnd };
}

function subqueryInParentheses(c: Cursor): Expression {
  const start = c.start;
  c.expect(T.LPAREN);
  const query = c.grammar.query(c);
  c.expect(T.RPAREN);
  return { kind: 'subquery', query, start, end: c.lastEnd };
}

function is(c: Cursor, left: Expression, start: number): Is {
  c.advance();
  const not = c.accept(K.NOT);
  const kind = c.kind;
  const test = kind === K.NULL || kind === T.NULL_ESCAPE ? 'null' : kind === K.TRUE ? 'true' : kind === K.FALSE ? 'false' : kind === K.UNKNOWN ? 'unknown' : undefined;
  if (test === undefined) throw c.unexpected('NULL, TRUE, FALSE or UNKNOWN');
  c.advance();
  return { kind: 'is', not, operand: left, test, start, end: c.lastEnd };
}

/** The predicates with `[not]`; undefined when the word is not one after all (`not` or `member` that belongs to something else). */
function predicate(c: Cursor, left: Expression, start: number): Expression | undefined {
  let not = false;
  if (c.kind === K.NOT) {
    const next = c.peek();
    if (next !== K.IN && next !== K.LIKE && next !== K.BETWEEN && next !== K.REGEXP && next !== K.RLIKE) return undefined;
    c.advance();
    not = true;
  }
  switch (c.kind) {
    case K.IN:
      c.advance();
      return inList(c, left, not, start);
    case K.LIKE: {
      c.advance();
      const pattern = chains(c) ? patternOperand(c) : operand(c, CONCAT);
      const escaped = c.accept(K.ESCAPE) ? operand(c, CONCAT) : undefined;
      return { kind: 'like', not, left, pattern, escape: escaped, start, end: c.lastEnd };
    }
    case K.BETWEEN:
      c.advance();
      return between(c, left, not, start);
    case K.REGEXP:
    case K.RLIKE: {
      c.advance();
      const pattern = patternOperand(c);
      return { kind: 'regexp', not, left, pattern, start, end: c.lastEnd };
    }
    case K.SOUNDS: {
      if (c.peek() !== K.LIKE) return undefined;
      c.advance();
      c.advance();
      const right = operand(c, BIT_OR);
      return { kind: 'soundsLike', left, right, start, end: c.lastEnd };
    }
    default:
      return memberOf(c, left, start);
  }
}

/** What stands right of LIKE and REGEXP. In MariaDB a predicate with NOT in it goes along: `a like b not in (1)` is `a like (b not in (1))`. */
function patternOperand(c: Cursor): Expression {
  const start = c.start;
  const pattern = operand(c, BIT_OR);
  if (c.kind !== K.NOT || !chains(c)) return pattern;
  return predicate(c, pattern, start) ?? pattern;
}

function memberOf(c: Cursor, left: Expression, start: number): Expression | undefined {
  if (c.peek() !== K.OF && c.peek() !== T.LPAREN) return undefined;
  c.advance();
  c.accept(K.OF);
  c.expect(T.LPAREN);
  const array = operand(c, CONCAT);
  c.expect(T.RPAREN);
  return { kind: 'memberOf', value: left, array, start, end: c.lastEnd };
}

function between(c: Cursor, left: Expression, not: boolean, start: number): Between {
  const low = operand(c, BIT_OR);
  c.expect(K.AND);
  const high = operand(c, PREDICATE);
  return { kind: 'between', not, operand: left, low, high, start, end: c.lastEnd };
}

function inList(c: Cursor, left: Expression, not: boolean, start: number): In {
  if (c.kind === T.LIST_BIND) {
    const right = bind(c);
    return { kind: 'in', not, left, right, start, end: c.lastEnd };
  }
  if (c.kind !== T.LPAREN) throw c.unexpected("'('");
  const right = listOrSubquery(c);
  return { kind: 'in', not, left, right, start, end: c.lastEnd };
}

