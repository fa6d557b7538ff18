import type { Aggregate, FunctionCall, JsonOn, WindowRef, WindowSpec } from '../ast/expression.ts';
import { keywordKind, reservedAnywhere } from '../lexer/keywords.ts';
import { isCallable } from '../parser/functions.ts';
import { BIT_OR } from './expression.ts';
import type { PrintRules, Printer } from './printer.ts';

export const functionRules: PrintRules<
  | 'function' | 'aggregate' | 'windowRef' | 'windowSpec' | 'windowFrame' | 'frameBound' | 'extract' | 'trim' | 'timestampFunction' | 'getFormat' | 'char'
  | 'weightString' | 'valuesFunction' | 'jsonValue' | 'jsonOn' | 'sequenceValue'
> = {
  function: (p, n) => {
    if (n.schema !== undefined) {
      p.name(n.schema);
      p.text('.');
    }
    if (n.quoted) p.quotedName(n.name);
    else if (isPlainCall(n)) p.text(n.name);
    else p.name(n.name);
    p.text('(');
    p.expressions(n.args);
    p.text(')');
    if (n.withinGroup !== undefined) {
      p.text(' within group (order by ');
      p.list(n.withinGroup);
      p.text(')');
    }
    if (n.from !== undefined) p.text(` from ${n.from}`);
    if (n.nulls !== undefined) p.text(` ${n.nulls} nulls`);
    over(p, n.over);
  },
  aggregate: (p, n) => {
    p.text(n.distinct ? `${n.name}(distinct ` : `${n.name}(`);
    if (n.star) p.text('*');
    else p.expressions(n.args);
    aggregateTail(p, n);
    p.text(')');
    over(p, n.over);
  },
  windowRef: (p, n) => p.name(n.name),
  windowSpec: (p, n) => {
    p.text('(');
    const parts: (() => void)[] = [];
    const { base, frame } = n;
    if (base !== undefined) parts.push(() => p.name(base));
    if (n.partitionBy.length > 0) {
      parts.push(() => {
        p.text('partition by ');
        p.expressions(n.partitionBy);
      });
    }
    if (n.orderBy.length > 0) {
      parts.push(() => {
        p.text('order by ');
        p.list(n.orderBy);
      });
    }
    if (frame !== undefined) parts.push(() => p.node(frame));
    parts.forEach((print, i) => {
      if (i > 0) p.text(' ');
      print();
    });
    p.text(')');
  },
  windowFrame: (p, n) => {
    p.text(n.unit);
    if (n.to === undefined) {
      p.text(' ');
      p.node(n.from);
    } else {
      p.text(' between ');
      p.node(n.from);
      p.text(' and ');
      p.node(n.to);
    }
    if (n.exclude !== undefined) p.text(` exclude ${n.exclude}`);
  },
  frameBound: (p, n) => {
    if (n.offset !== undefined) {
      p.expression(n.offset, BIT_OR);
      p.text(' ');
    }
    p.text(n.type);
  },
  extract: (p, n) => {
    p.text(`extract(${n.unit} from `);
    p.expression(n.operand);
    p.text(')');
  },
  trim: (p, n) => {
    p.text('trim(');
    if (n.side !== undefined) p.text(`${n.side} `);
    if (n.what !== undefined) {
      p.expression(n.what);
      p.text(' ');
    }
    if (n.side !== undefined || n.what !== undefined) p.text('from ');
    p.expression(n.operand);
    p.text(')');
  },
  timestampFunction: (p, n) => {
    p.text(`${n.name}(${n.unit}, `);
    p.expressions(n.args);
    p.text(')');
  },
  getFormat: (p, n) => {
    p.text(`get_format(${n.type}, `);
    p.expression(n.operand);
    p.text(')');
  },
  char: (p, n) => {
    p.text('char(');
    p.expressions(n.args);
    if (n.charset !== undefined) {
      p.text(' using ');
      p.charset(n.charset);
    }
    p.text(')');
  },
  weightString: (p, n) => {
    p.text('weight_string(');
    p.expression(n.operand);
    if (n.as !== undefined) {
      p.text(' as ');
      p.node(n.as);
    }
    if (n.levels !== undefined) p.text(` ${n.levels}`);
    p.text(')');
  },
  valuesFunction: (p, n) => {
    p.text('values(');
    p.node(n.column);
    p.text(')');
  },
  jsonValue: (p, n) => {
    p.text('json_value(');
    p.expressions([n.document, n.path]);
    if (n.returning !== undefined) {
      p.text(' returning ');
      p.node(n.returning);
    }
    jsonOns(p, n.onEmpty, n.onError);
    p.text(')');
  },
  jsonOn: (p, n) => {
    p.text(n.action);
    if (n.value === undefined) return;
    p.text(' ');
    p.expression(n.value, BIT_OR);
  },
  sequenceValue: (p, n) => {
    p.text(`${n.which} value for `);
    p.node(n.sequence);
  },
};

/** Before a `(` most words need no quotes; reserved ones only if they are built-in functions. */
function isPlainCall(n: FunctionCall): boolean {
  if (n.schema !== undefined || !/^[a-z_][a-z0-9_$]*$/.test(n.name)) return false;
  const kind = keywordKind(n.name);
  return reservedAnywhere[kind] !== 1 || isCallable(kind) || calledBare.has(n.name);
}

const calledBare: ReadonlySet<string> = new Set([
  'current_date', 'current_time', 'current_timestamp', 'current_user', 'current_role', 'localtime', 'localtimestamp', 'utc_date', 'utc_time', 'utc_timestamp',
  'interval',
]);

function aggregateTail(p: Printer, n: Aggregate): void {
  if (n.orderBy.length > 0) {
    p.text(' order by ');
    p.list(n.orderBy);
  }
  if (n.separator !== undefined) {
    p.text(' separator ');
    p.string(n.separator);
  }
  if (n.limit !== undefined) p.node(n.limit);
}

function over(p: Printer, window: WindowRef | WindowSpec | undefined): void {
  if (window === undefined) return;
  p.text(' over ');
  p.node(window);
}

/** `null on empty default 1 on error`. */
export function jsonOns(p: Printer, onEmpty: JsonOn | undefined, onError: JsonOn | undefined): void {
  for (const [on, when] of [[onEmpty, 'empty'], [onError, 'error']] as const) {
    if (on === undefined) continue;
    p.text(' ');
    p.node(on);
    p.text(` on ${when}`);
  }
}
