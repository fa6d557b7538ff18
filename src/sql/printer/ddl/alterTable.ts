import type { AlterTable, ColumnPosition, PartitionAction } from '../../ast/alterTable.ts';
import type { PrintRules, Printer } from '../printer.ts';
import { withComments } from '../withComments.ts';
import { defaultValue, wait } from './table.ts';

export const alterTableRules: PrintRules<
  | 'alterTable' | 'addColumns' | 'addIndex' | 'addCheck' | 'addPeriod' | 'alterColumn' | 'changeColumn' | 'dropPart' | 'renamePart' | 'alterPart' | 'tableOptions' | 'orderRows'
  | 'convertCharset' | 'partitionAction' | 'plainAction'
> = {
  alterTable: withComments('alter', alterTable),
  addColumns: (p, n) => {
    p.text(`add column ${n.ifNotExists ? 'if not exists ' : ''}`);
    const grouped = n.columns.length !== 1 || n.others.length > 0;
    if (grouped) p.text('(');
    p.list([...n.columns, ...n.others]);
    if (grouped) p.text(')');
    position(p, n.position);
  },
  addIndex: (p, n) => {
    p.text('add ');
    p.node(n.index);
  },
  addCheck: (p, n) => {
    p.text('add ');
    p.node(n.check);
  },
  addPeriod: (p, n) => {
    p.text('add ');
    p.node(n.period);
  },
  alterColumn: (p, n) => {
    p.text(`alter column ${n.ifExists ? 'if exists ' : ''}`);
    p.name(n.column);
    p.text(` ${n.action}`);
    if (n.value !== undefined) {
      p.text(' ');
      defaultValue(p, n.value, n.parenthesised);
    }
  },
  changeColumn: (p, n) => {
    p.text(`${n.from === undefined ? 'modify' : 'change'} column ${n.ifExists ? 'if exists ' : ''}`);
    if (n.from !== undefined) {
      p.name(n.from);
      p.text(' ');
    }
    p.node(n.column);
    position(p, n.position);
  },
  dropPart: (p, n) => {
    p.text(`drop ${n.what}`);
    if (n.ifExists) p.text(' if exists');
    if (n.what === 'period') p.text(' for');
    if (n.names.length > 0) {
      p.text(' ');
      p.names(n.names);
    }
    if (n.behaviour !== undefined) p.text(` ${n.behaviour}`);
  },
  renamePart: (p, n) => {
    if (n.table !== undefined) {
      p.text('rename ');
      // `rename to` and a bare name are one; TO keeps odd names apart from COLUMN and KEY.
      p.text('to ');
      p.node(n.table);
      return;
    }
    p.text(`rename ${n.what} ${n.ifExists ? 'if exists ' : ''}`);
    p.name(n.from ?? '');
    p.text(' to ');
    p.name(n.to ?? '');
  },
  alterPart: (p, n) => {
    p.text(`alter ${n.what === 'key' ? 'index' : n.what} ${n.ifExists ? 'if exists ' : ''}`);
    p.name(n.name);
    p.text(` ${n.state}`);
  },
  tableOptions: (p, n) => p.list(n.options, ' '),
  orderRows: (p, n) => {
    p.text('order by ');
    p.list(n.orderBy);
  },
  convertCharset: (p, n) => {
    p.text('convert to character set ');
    if (n.charset === 'default' || n.charset === 'binary') p.text(n.charset);
    else p.name(n.charset);
    if (n.collate !== undefined) {
      p.text(' collate ');
      if (n.collate === 'binary') p.text('binary');
      else p.name(n.collate);
    }
  },
  partitionAction,
  plainAction: (p, n) => p.text(n.value === undefined ? n.action : `${n.action} = ${n.value}`),
};

function alterTable(p: Printer, n: AlterTable): void {
  p.text(`${n.online ? ' online' : ''}${n.ignore ? ' ignore' : ''} table ${n.ifExists ? 'if exists ' : ''}`);
  p.node(n.table);
  wait(p, n.wait);
  n.actions.forEach((action, i) => {
    const noComma = action.kind === 'partitionAction' && action.action === 'remove partitioning';
    p.text(i === 0 || noComma ? ' ' : ', ');
    p.node(action);
  });
  if (n.partitioning !== undefined) {
    p.text(' ');
    p.node(n.partitioning);
  }
}

function position(p: Printer, at: ColumnPosition | undefined): void {
  if (at === undefined) return;
  if ('first' in at) p.text(' first');
  else {
    p.text(' after ');
    p.name(at.after);
  }
}

function partitionAction(p: Printer, n: PartitionAction): void {
  switch (n.action) {
    case 'remove partitioning':
    case 'upgrade partitioning':
    case 'secondary_load':
    case 'secondary_unload':
      p.text(n.action);
      return;
    case 'convert from table':
      p.text('convert table ');
      if (n.table !== undefined) p.node(n.table);
      p.text(' to ');
      p.list(n.definitions);
      validation(p, n);
      return;
    case 'convert to table':
      p.text('convert partition ');
      p.names(n.names);
      p.text(' to table ');
      if (n.table !== undefined) p.node(n.table);
      return;
    case 'exchange':
      p.text('exchange partition ');
      p.names(n.names);
      p.text(' with table ');
      if (n.table !== undefined) p.node(n.table);
      validation(p, n);
      return;
  }
  p.text(`${n.action} partition`);
  if (n.ifNotExists) p.text(' if not exists');
  if (n.local) p.text(' local');
  if (n.all) p.text(' all');
  if (n.names.length > 0) {
    p.text(' ');
    p.names(n.names);
  }
  if (n.action === 'coalesce') p.text(` ${n.count ?? ''}`);
  else if (n.count !== undefined) p.text(` partitions ${n.count}`);
  if (n.definitions.length > 0) {
    p.text(n.action === 'reorganize' ? ' into (' : ' (');
    p.list(n.definitions);
    p.text(')');
  }
  for (const word of n.words) p.text(` ${word}`);
}

function validation(p: Printer, n: PartitionAction): void {
  if (n.validation !== undefined) p.text(` ${n.validation} validation`);
}
