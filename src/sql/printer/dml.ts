import type { Assignment } from '../ast/dml.ts';
import type { SelectItem } from '../ast/query.ts';
import type { PrintRules, Printer } from './printer.ts';

export const dmlRules: PrintRules<'insert' | 'insertRows' | 'rowAlias' | 'assignment' | 'update' | 'delete'> = {
  insert: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text(n.verb);
    p.comments(n.comments, 'verb');
    if (n.priority !== undefined) p.text(` ${n.priority}`);
    p.text(n.ignore ? ' ignore into ' : ' into ');
    p.node(n.table);
    if (n.partitions.length > 0) {
      p.text(' partition (');
      p.names(n.partitions);
      p.text(')');
    }
    if (n.columns !== undefined && n.columns.length > 0) {
      p.text('(');
      p.list(n.columns);
      p.text(')');
    }
    p.text(' ');
    p.node(n.source);
    if (n.rowAlias !== undefined) p.node(n.rowAlias);
    if (n.onDuplicate.length > 0) {
      p.text(' on duplicate key update ');
      p.list(n.onDuplicate);
    }
    returning(p, n.returning);
    p.comments(n.comments, 'trailing');
  },
  insertRows: (p, n) => {
    p.text('values ');
    p.list(n.rows);
  },
  rowAlias: (p, n) => {
    p.text(' as ');
    p.name(n.name);
    if (n.columns.length === 0) return;
    p.text(' (');
    p.names(n.columns);
    p.text(')');
  },
  assignment: (p, n: Assignment) => {
    p.node(n.column);
    p.text(' = ');
    p.expression(n.value);
  },
  update: (p, n) => {
    p.comments(n.comments, 'leading');
    if (n.with !== undefined) {
      p.node(n.with);
      p.text(' ');
    }
    p.text('update');
    p.comments(n.comments, 'verb');
    p.text(`${n.lowPriority ? ' low_priority' : ''}${n.ignore ? ' ignore' : ''} `);
    p.list(n.from);
    p.text(' set ');
    p.list(n.assignments);
    if (n.where !== undefined) {
      p.text(' where ');
      p.expression(n.where);
    }
    if (n.orderBy.length > 0) {
      p.text(' order by ');
      p.list(n.orderBy);
    }
    if (n.limit !== undefined) p.node(n.limit);
    returning(p, n.returning);
    p.comments(n.comments, 'trailing');
  },
  delete: (p, n) => {
    p.comments(n.comments, 'leading');
    if (n.with !== undefined) {
      p.node(n.with);
      p.text(' ');
    }
    p.text('delete');
    p.comments(n.comments, 'verb');
    p.text(`${n.lowPriority ? ' low_priority' : ''}${n.quick ? ' quick' : ''}${n.ignore ? ' ignore' : ''} `);
    if (n.targets.length > 0) {
      p.list(n.targets);
      p.text(' ');
    }
    p.text('from ');
    const [only] = n.from;
    if (n.targets.length === 0 && only?.kind === 'table' && only.partitions.length > 0 && only.alias !== undefined && only.portion === undefined) {
      // Here MySQL wants PARTITION behind the alias.
      p.node(only.table);
      p.text(' as ');
      p.name(only.alias);
      p.text(' partition (');
      p.names(only.partitions);
      p.text(')');
    } else {
      p.list(n.from);
    }
    if (n.where !== undefined) {
      p.text(' where ');
      p.expression(n.where);
    }
    if (n.orderBy.length > 0) {
      p.text(' order by ');
      p.list(n.orderBy);
    }
    if (n.limit !== undefined) p.node(n.limit);
    returning(p, n.returning);
    p.comments(n.comments, 'trailing');
  },
};

function returning(p: Printer, items: readonly SelectItem[] | undefined): void {
  if (items === undefined) return;
  p.text(' returning ');
  p.list(items);
}
