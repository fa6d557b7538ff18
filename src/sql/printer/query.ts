import type { Query, QueryTail, Select, SetOperation } from '../ast/query.ts';
import type { Join, TableExpr } from '../ast/tableRef.ts';
import { BIT_OR } from './expression.ts';
import { jsonOns } from './functions.ts';
import type { PrintRules, Printer } from './printer.ts';

export const queryRules: PrintRules<
  | 'select' | 'setOperation' | 'values' | 'tableQuery' | 'nestedQuery' | 'star' | 'selectExpr' | 'nextValues' | 'groupBy' | 'orderItem' | 'limit'
  | 'namedWindow' | 'lock' | 'intoVariables' | 'intoFile' | 'fileFormat' | 'with' | 'commonTable'
> = {
  select,
  setOperation,
  values: (p, n) => {
    head(p, n);
    p.text('values ');
    n.rows.forEach((row, i) => {
      p.text(`${i > 0 ? ', ' : ''}${n.rowKeyword ? 'row' : ''}`);
      p.node(row);
    });
    tail(p, n);
  },
  tableQuery: (p, n) => {
    head(p, n);
    p.text('table ');
    p.node(n.table);
    tail(p, n);
  },
  nestedQuery: (p, n) => {
    head(p, n);
    p.text('(');
    p.node(n.query);
    p.text(')');
    tail(p, n);
  },
  star: (p, n) => {
    if (n.schema !== undefined) {
      p.name(n.schema);
      p.text('.');
    }
    if (n.table !== undefined) {
      p.name(n.table);
      p.text('.');
    }
    p.text('*');
  },
  selectExpr: (p, n) => {
    p.expression(n.expr);
    alias(p, n.alias);
  },
  nextValues: (p, n) => {
    p.text('next ');
    p.expression(n.amount);
    p.text(' values');
  },
  groupBy: (p, n) => {
    if (n.cube === true) {
      p.text('cube (');
      p.list(n.items);
      p.text(')');
      return;
    }
    p.list(n.items);
    if (n.rollup) p.text(' with rollup');
  },
  orderItem: (p, n) => {
    p.expression(n.expr);
    if (n.direction !== undefined) p.text(` ${n.direction}`);
  },
  limit: (p, n) => {
    if (n.withTies === true || n.count === undefined) {
      if (n.offset !== undefined) {
        p.text(' offset ');
        p.expression(n.offset, BIT_OR);
        p.text(' rows');
      }
      if (n.count !== undefined) {
        p.text(' fetch first ');
        p.expression(n.count, BIT_OR);
        p.text(n.withTies === true ? ' rows with ties' : ' rows only');
      }
      if (n.rowsExamined !== undefined) p.text(' limit');
    } else {
      p.text(' limit ');
      if (n.offset !== undefined) {
        p.expression(n.offset, BIT_OR);
        p.text(', ');
      }
      p.expression(n.count, BIT_OR);
    }
    if (n.rowsExamined !== undefined) {
      p.text(' rows examined ');
      p.expression(n.rowsExamined, BIT_OR);
    }
  },
  namedWindow: (p, n) => {
    p.name(n.name);
    p.text(' as ');
    p.node(n.spec);
  },
  lock: (p, n) => {
    p.text(n.strength === 'legacy share' ? ' lock in share mode' : ` for ${n.strength}`);
    if (n.of.length > 0) {
      p.text(' of ');
      p.list(n.of);
    }
    if (typeof n.wait === 'string') p.text(` ${n.wait}`);
    else if (n.wait !== undefined) p.text(` wait ${n.wait.seconds}`);
  },
  intoVariables: (p, n) => {
    p.text(' into ');
    p.list(n.variables);
  },
  intoFile: (p, n) => {
    p.text(` into ${n.type} `);
    p.string(n.path);
    if (n.charset !== undefined) p.text(` character set ${n.charset}`);
    const options = n.s3Options ?? '';
    const formatFirst = options.startsWith('format');
    const manifest = options.search(/\b(manifest|overwrite)\b/);
    const [before, after] = !formatFirst ? ['', options] : manifest < 0 ? [options, ''] : [options.slice(0, manifest).trim(), options.slice(manifest)];
    if (before !== '') p.text(` ${before}`);
    if (n.format !== undefined) p.node(n.format);
    if (after !== '') p.text(` ${after}`);
  },
  fileFormat: (p, n) => {
    const clause = (words: string, value: string | undefined) => {
      if (value === undefined) return;
      p.text(` ${words} by `);
      p.string(value);
    };
    if (n.fieldsTerminatedBy !== undefined || n.fieldsEnclosedBy !== undefined || n.fieldsEscapedBy !== undefined) p.text(' fields');
    clause('terminated', n.fieldsTerminatedBy);
    clause(n.optionallyEnclosed ? 'optionally enclosed' : 'enclosed', n.fieldsEnclosedBy);
    clause('escaped', n.fieldsEscapedBy);
    if (n.linesStartingBy !== undefined || n.linesTerminatedBy !== undefined) p.text(' lines');
    clause('starting', n.linesStartingBy);
    clause('terminated', n.linesTerminatedBy);
  },
  with: (p, n) => {
    p.text(n.recursive ? 'with recursive ' : 'with ');
    p.list(n.tables);
  },
  commonTable: (p, n) => {
    p.name(n.name);
    if (n.columns.length > 0) {
      p.text('(');
      p.names(n.columns);
      p.text(')');
    }
    p.text(' as (');
    p.node(n.query);
    p.text(')');
    if (n.cycle !== undefined) {
      p.text(' cycle ');
      p.names(n.cycle);
      p.text(' restrict');
    }
  },
};

/** ` as alias`, if there is one. */
function alias(p: Printer, name: string | undefined): void {
  if (name === undefined) return;
  p.text(' as ');
  p.name(name);
}

function head(p: Printer, n: QueryTail): void {
  p.comments(n.comments, 'leading');
  if (n.with !== undefined) {
    p.node(n.with);
    p.text(' ');
  }
}

/** What may follow any query. Comments at the end come last. */
function tail(p: Printer, n: QueryTail): void {
  if (n.orderBy.length > 0) {
    p.text(' order by ');
    p.list(n.orderBy);
  }
  if (n.limit !== undefined) p.node(n.limit);
  for (const lock of n.locks) p.node(lock);
  if (n.into !== undefined) p.node(n.into);
  p.comments(n.comments, 'trailing');
}

function select(p: Printer, n: Select): void {
  head(p, n);
  p.text('select');
  p.comments(n.comments, 'verb');
  p.text(' ');
  if (n.distinct) p.text('distinct ');
  for (const option of n.options) p.text(`${option} `);
  p.list(n.items);
  if (n.from.length > 0) {
    p.text(' from ');
    p.list(n.from);
  } else {
    p.text(' from dual');
  }
  if (n.where !== undefined) {
    p.text(' where ');
    p.expression(n.where);
  }
  if (n.groupBy !== undefined) {
    p.text(' group by ');
    p.node(n.groupBy);
  }
  if (n.having !== undefined) {
    p.text(' having ');
    p.expression(n.having);
  }
  if (n.windows.length > 0) {
    p.text(' window ');
    p.list(n.windows);
  }
  if (n.qualify !== undefined) {
    p.text(' qualify ');
    p.expression(n.qualify);
  }
  tail(p, n);
}

/** A long chain is printed from its far left end in a loop; every operation in it but the outermost is without WITH and tail. */
function setOperation(p: Printer, n: SetOperation): void {
  head(p, n);
  const links: SetOperation[] = [n];
  let left = n.left;
  while (left.kind === 'setOperation' && !needsParentheses(left, links[links.length - 1] as SetOperation, false)) {
    links.push(left);
    p.comments(left.comments, 'leading');
    left = left.left;
  }
  for (let link = links.pop(), first = true; link !== undefined; link = links.pop(), first = false) {
    if (first) setOperand(p, link.left, link, false);
    p.text(link.all ? ` ${link.op} all ` : ` ${link.op} `);
    setOperand(p, link.right, link, true);
    if (link !== n) p.comments(link.comments, 'trailing');
  }
  tail(p, n);
}

/** An operand of a set operation needs parentheses when it has a tail of its own, or would group otherwise. */
function setOperand(p: Printer, operand: Query, parent: SetOperation, isRight: boolean): void {
  if (needsParentheses(operand, parent, isRight)) {
    p.text('(');
    p.node(operand);
    p.text(')');
  } else {
    p.node(operand);
  }
}

function needsParentheses(operand: Query, parent: SetOperation, isRight: boolean): boolean {
  return operand.kind === 'nestedQuery' || hasTail(operand) || (operand.kind === 'setOperation' && groupsOtherwise(operand, parent, isRight));
}

function hasTail(n: QueryTail): boolean {
  return n.with !== undefined || n.orderBy.length > 0 || n.limit !== undefined || n.locks.length > 0 || n.into !== undefined;
}

function groupsOtherwise(operand: SetOperation, parent: SetOperation, isRight: boolean): boolean {
  if (operand.op === 'intersect') return isRight && parent.op === 'intersect';
  return isRight || parent.op === 'intersect';
}

export const tableRules: PrintRules<
  'table' | 'tableName' | 'derivedTable' | 'join' | 'jsonTable' | 'jsonTableOrdinality' | 'jsonTablePath' | 'jsonTableNested' | 'indexHint' | 'asOf' | 'portion' | 'tableSample'
> = {
  tableName: (p, n) => p.tableName(n),
  table: (p, n) => {
    p.node(n.table);
    if (n.partitions.length > 0) {
      p.text(' partition (');
      p.names(n.partitions);
      p.text(')');
    }
    if (n.portion !== undefined) p.node(n.portion);
    if (n.asOf !== undefined) p.node(n.asOf);
    alias(p, n.alias);
    for (const hint of n.indexHints) p.node(hint);
    if (n.sample !== undefined) p.node(n.sample);
  },
  derivedTable: (p, n) => {
    p.text(n.lateral ? 'lateral (' : '(');
    p.node(n.query);
    p.text(')');
    alias(p, n.alias);
    if (n.columns.length > 0) {
      p.text('(');
      p.names(n.columns);
      p.text(')');
    }
  },
  join,
  jsonTable: (p, n) => {
    p.text('json_table(');
    p.expressions([n.document, n.path]);
    p.text(' columns(');
    p.list(n.columns);
    p.text(')) as ');
    p.name(n.alias);
  },
  jsonTableOrdinality: (p, n) => {
    p.name(n.name);
    p.text(' for ordinality');
  },
  jsonTablePath: (p, n) => {
    p.name(n.name);
    p.text(' ');
    p.node(n.type);
    p.text(n.exists ? ' exists path ' : ' path ');
    p.expression(n.path);
    jsonOns(p, n.onEmpty, n.onError);
  },
  jsonTableNested: (p, n) => {
    p.text('nested path ');
    p.expression(n.path);
    p.text(' columns(');
    p.list(n.columns);
    p.text(')');
  },
  indexHint: (p, n) => {
    p.text(` ${n.action} ${n.action.endsWith('vindex') ? '' : 'index '}`);
    if (n.for !== undefined) p.text(`for ${n.for} `);
    p.text('(');
    n.indexes.forEach((index, i) => {
      if (i > 0) p.text(', ');
      if (index.toLowerCase() === 'primary') p.text('primary');
      else p.name(index);
    });
    p.text(')');
  },
  asOf: (p, n) => {
    if (n.type === 'timestamp') {
      p.text(' as of timestamp ');
      if (n.at !== undefined) p.expression(n.at, BIT_OR);
      return;
    }
    const [words, joiner] = n.type === 'system_time between' ? ['between ', ' and '] : n.type === 'system_time from' ? ['from ', ' to '] : [n.type.slice(12), ''];
    p.text(` for system_time ${words}`);
    if (n.type === 'system_time as of') p.text(' ');
    if (n.at !== undefined) p.expression(n.at, BIT_OR);
    if (n.to === undefined) return;
    p.text(joiner);
    p.expression(n.to, BIT_OR);
  },
  portion: (p, n) => {
    p.text(' for portion of ');
    p.name(n.period);
    p.text(' from ');
    p.expression(n.from, BIT_OR);
    p.text(' to ');
    p.expression(n.to, BIT_OR);
  },
  tableSample: (p, n) => {
    p.text(` tablesample ${n.method} (`);
    p.expression(n.percent);
    p.text(')');
  },
};

/** As set operations, joins are printed from the far left; a join on the right side stands in parentheses. */
function join(p: Printer, n: Join): void {
  const links: Join[] = [];
  let left: TableExpr = n;
  while (left.kind === 'join') {
    links.push(left);
    left = left.left;
  }
  p.node(left);
  for (let link = links.pop(); link !== undefined; link = links.pop()) {
    const type = link.type === 'inner' ? 'join' : link.type === 'straight' ? 'straight_join' : `${link.type} join`;
    p.text(link.natural ? ` natural ${type} ` : ` ${type} `);
    if (link.right.kind === 'join') {
      p.text('(');
      p.node(link.right);
      p.text(')');
    } else {
      p.node(link.right);
    }
    if (link.on !== undefined) {
      p.text(' on ');
      p.expression(link.on);
    } else if (link.using !== undefined) {
      p.text(' using (');
      p.names(link.using);
      p.text(')');
    }
  }
}
