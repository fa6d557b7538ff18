import type { Arithmetic, Expression } from '../ast/expression.ts';
import type { PrintRules, Printer } from './printer.ts';

/**
 * How tightly a printed expression holds together; a part that holds less than its place demands gets parentheses. The levels are those of
 * parser/expression.ts, but for two that are stricter here because servers differ: a truth test (`is true`) is no operand of a comparison or
 * of another test in MySQL, and predicates (`in`, `like`, `between`) do not chain.
 */
export const LOWEST = 0;
const OR = 1;
const XOR = 2;
const AND = 3;
const NOT = 4;
const TRUTH = 5;
const COMPARISON = 6;
const PREDICATE = 7;
/** What LIMIT, IN, LIKE and comparisons take without parentheses. */
export const BIT_OR = 8;
const BIT_AND = 9;
const SHIFT = 10;
const SUM = 11;
const PRODUCT = 12;
const POWER = 13;
const UNARY = 15;
const COLLATE = 16;
const PRIMARY = 17;

const arithmeticLevel: Readonly<Record<Arithmetic['op'], number>> = {
  '|': BIT_OR, '&': BIT_AND, '<<': SHIFT, '>>': SHIFT, '+': SUM, '-': SUM, '*': PRODUCT, '/': PRODUCT, div: PRODUCT, '%': PRODUCT, '^': POWER,
};

function level(node: Expression): number {
  switch (node.kind) {
    case 'assign':
      return LOWEST;
    case 'logical':
      return node.op === 'or' ? OR : node.op === 'xor' ? XOR : AND;
    case 'not':
      return NOT;
    case 'is':
      return node.test === 'null' ? COMPARISON : TRUTH;
    case 'comparison':
      return COMPARISON;
    case 'in':
    case 'like':
    case 'regexp':
    case 'between':
    case 'soundsLike':
    case 'memberOf':
      return PREDICATE;
    case 'arithmetic':
      return arithmeticLevel[node.op];
    case 'unary':
      return UNARY;
    case 'collate':
      return COLLATE;
    default:
      return PRIMARY;
  }
}

/** Prints an expression where one of at least the level `min` may stand. */
export function printExpression(p: Printer, node: Expression, min: number): void {
  if (level(node) >= min) {
    p.node(node);
    return;
  }
  p.text('(');
  p.node(node);
  p.text(')');
}

/** A left-associative chain is printed from its far left end in a loop: it may be long. */
function chain(p: Printer, node: Expression, own: number, isLink: (e: Expression) => e is Extract<Expression, { kind: 'logical' | 'arithmetic' }>): void {
  const links: Extract<Expression, { kind: 'logical' | 'arithmetic' }>[] = [];
  let left = node;
  while (isLink(left)) {
    links.push(left);
    left = left.left;
  }
  p.expression(left, own);
  for (let link = links.pop(); link !== undefined; link = links.pop()) {
    p.text(` ${link.op} `);
    if (link.right.kind === 'interval') p.node(link.right);
    else p.expression(link.right, own + 1);
  }
}

export const expressionRules: PrintRules<
  | 'null' | 'bool' | 'number' | 'string' | 'hex' | 'bit' | 'temporal' | 'column' | 'bind' | 'userVariable' | 'systemVariable' | 'default'
  | 'unary' | 'not' | 'arithmetic' | 'logical' | 'comparison' | 'like' | 'regexp' | 'in' | 'between' | 'is' | 'exists' | 'subquery' | 'row'
  | 'case' | 'when' | 'cast' | 'castType' | 'convertUsing' | 'collate' | 'interval' | 'typedArgument' | 'jsonArrow' | 'memberOf' | 'soundsLike' | 'match' | 'assign'
> = {
  null: (p) => p.text('null'),
  bool: (p, n) => p.text(n.value ? 'true' : 'false'),
  number: (p, n) => p.text(n.text),
  string: (p, n) => p.stringLiteral(n),
  hex: (p, n) => {
    if (n.introducer !== undefined) p.text(`_${n.introducer} `);
    p.text(n.form === 'string' ? `x'${n.digits}'` : `0x${n.digits}`);
  },
  bit: (p, n) => {
    if (n.introducer !== undefined) p.text(`_${n.introducer} `);
    p.text(`b'${n.digits}'`);
  },
  temporal: (p, n) => {
    p.text(`${n.type} `);
    p.string(n.value);
  },
  column: (p, n) => {
    if (n.schema !== undefined) {
      p.name(n.schema);
      p.text('.');
    }
    if (n.table !== undefined) {
      p.name(n.table);
      p.text('.');
    }
    p.name(n.name);
  },
  bind: (p, n) => {
    if (n.positional && p.options.positional === 'positional') p.text('?');
    else p.text(n.list ? `::${n.name}` : `:${n.name}`);
  },
  userVariable: (p, n) => {
    p.text('@');
    if (/^[A-Za-z0-9_$.]+$/.test(n.name)) p.text(n.name);
    else p.quotedName(n.name);
  },
  systemVariable: (p, n) => {
    p.text(n.scope === undefined ? '@@' : `@@${n.scope}.`);
    if (n.instance !== undefined) {
      p.text(n.instance === 'default' ? 'default' : variableName(n.instance));
      p.text('.');
    }
    p.text(variableName(n.name));
  },
  default: (p, n) => {
    p.text('default');
    if (n.column === undefined) return;
    p.text('(');
    p.node(n.column);
    p.text(')');
  },
  unary: (p, n) => {
    p.text(n.op === 'binary' ? 'binary ' : n.op);
    const at = p.out.length;
    p.expression(n.operand, UNARY);
    // `--a` would begin a comment for some readers, and `+` or `~` are spaced alike for evenness.
    if (n.op === '-' && p.out[at] === '-') p.out = `${p.out.slice(0, at)} ${p.out.slice(at)}`;
  },
  not: (p, n) => {
    p.text('not ');
    p.expression(n.operand, p.options.highNotPrecedence === true ? PRIMARY : NOT);
  },
  arithmetic: (p, n) => {
    const own = arithmeticLevel[n.op];
    chain(p, n, own, (e): e is Arithmetic => e.kind === 'arithmetic' && arithmeticLevel[e.op] === own);
  },
  logical: (p, n) => chain(p, n, level(n), (e): e is Extract<Expression, { kind: 'logical' }> => e.kind === 'logical' && e.op === n.op),
  comparison: (p, n) => {
    p.expression(n.left, COMPARISON);
    p.text(n.quantifier === undefined ? ` ${n.op} ` : ` ${n.op} ${n.quantifier} `);
    p.expression(n.right, PREDICATE);
  },
  like: (p, n) => {
    p.expression(n.left, BIT_OR);
    p.text(n.not ? ' not like ' : ' like ');
    p.expression(n.pattern, UNARY);
    if (n.escape === undefined) return;
    p.text(' escape ');
    p.expression(n.escape, UNARY);
  },
  regexp: (p, n) => {
    p.expression(n.left, BIT_OR);
    p.text(n.not ? ' not regexp ' : ' regexp ');
    p.expression(n.pattern, BIT_OR);
  },
  in: (p, n) => {
    p.expression(n.left, BIT_OR);
    p.text(n.not ? ' not in ' : ' in ');
    p.node(n.right);
  },
  between: (p, n) => {
    p.expression(n.operand, BIT_OR);
    p.text(n.not ? ' not between ' : ' between ');
    p.expression(n.low, BIT_OR);
    p.text(' and ');
    p.expression(n.high, PREDICATE);
  },
  is: (p, n) => {
    p.expression(n.operand, COMPARISON);
    p.text(n.not ? ` is not ${n.test}` : ` is ${n.test}`);
  },
  exists: (p, n) => {
    p.text('exists (');
    p.node(n.query);
    p.text(')');
  },
  subquery: (p, n) => {
    p.text('(');
    p.node(n.query);
    p.text(')');
  },
  row: (p, n) => {
    p.text('(');
    p.expressions(n.items);
    p.text(')');
  },
  case: (p, n) => {
    p.text('case ');
    if (n.operand !== undefined) {
      p.expression(n.operand);
      p.text(' ');
    }
    p.list(n.whens, ' ');
    if (n.else !== undefined) {
      p.text(' else ');
      p.expression(n.else);
    }
    p.text(' end');
  },
  when: (p, n) => {
    p.text('when ');
    p.expression(n.when);
    p.text(' then ');
    p.expression(n.then);
  },
  cast: (p, n) => {
    p.text('cast(');
    p.expression(n.operand);
    if (n.atTimeZone !== undefined) {
      p.text(' at time zone ');
      p.string(n.atTimeZone);
    }
    p.text(' as ');
    p.node(n.type);
    p.text(n.array ? ' array)' : ')');
  },
  castType: (p, n) => {
    // `bigint unsigned` has its length in the middle.
    const space = n.name.indexOf(' ');
    const head = space < 0 ? n.name : n.name.slice(0, space);
    p.text(n.length === undefined ? n.name : `${head}(${n.length})${space < 0 ? '' : n.name.slice(space)}`);
    if (n.charset !== undefined) {
      p.text(' character set ');
      p.charset(n.charset);
    }
    if (n.binary === true) p.text(' binary');
    if (n.collate !== undefined) {
      p.text(' collate ');
      p.charset(n.collate);
    }
  },
  convertUsing: (p, n) => {
    p.text('convert(');
    p.expression(n.operand);
    p.text(' using ');
    p.charset(n.charset);
    p.text(')');
  },
  collate: (p, n) => {
    p.expression(n.operand, COLLATE);
    p.text(' collate ');
    p.charset(n.collation);
  },
  typedArgument: (p, n) => {
    p.expression(n.operand);
    p.text(' as ');
    p.node(n.type);
  },
  interval: (p, n) => {
    p.text('interval ');
    p.expression(n.amount);
    p.text(` ${n.unit}`);
  },
  jsonArrow: (p, n) => {
    p.expression(n.document, PRIMARY);
    p.text(n.unquote ? ' ->> ' : ' -> ');
    p.expression(n.path, PRIMARY);
  },
  memberOf: (p, n) => {
    p.expression(n.value, BIT_OR);
    p.text(' member of (');
    p.expression(n.array, UNARY);
    p.text(')');
  },
  soundsLike: (p, n) => {
    p.expression(n.left, BIT_OR);
    p.text(' sounds like ');
    p.expression(n.right, BIT_OR);
  },
  match: (p, n) => {
    p.text('match(');
    p.list(n.columns);
    p.text(') against (');
    p.expression(n.against, BIT_OR);
    if (n.mode === 'query expansion') p.text(' with query expansion');
    else if (n.mode === 'natural language with query expansion') p.text(' in natural language mode with query expansion');
    else if (n.mode !== undefined) p.text(` in ${n.mode} mode`);
    p.text(')');
  },
  assign: (p, n) => {
    p.node(n.variable);
    p.text(' := ');
    p.expression(n.value);
  },
};

/** A variable's name needs quotes only when it is no word at all. */
function variableName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
