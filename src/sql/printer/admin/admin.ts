import type { Flush, HandlerRead, LoadData } from '../../ast/admin.ts';
import type { PrintRules, Printer } from '../printer.ts';
import { withComments } from '../withComments.ts';

export const adminRules: PrintRules<
  | 'lockTables' | 'lockedTable' | 'unlockTables' | 'flush' | 'kill' | 'tableMaintenance' | 'xa' | 'prepare' | 'execute' | 'deallocate' | 'call' | 'do' | 'handlerOpen'
  | 'handlerClose' | 'handlerRead' | 'loadData' | 'help' | 'compoundBlock' | 'serverCommand'
> = {
  lockTables: withComments('lock', (p, n) => {
    p.text(' tables ');
    p.list(n.tables);
  }),
  lockedTable: (p, n) => {
    p.node(n.table);
    if (n.alias !== undefined) {
      p.text(' as ');
      p.name(n.alias);
    }
    p.text(` ${n.type}`);
  },
  unlockTables: withComments('unlock', (p) => p.text(' tables')),
  flush: withComments('flush', flush),
  kill: withComments('kill', (p, n) => {
    if (n.strength !== undefined) p.text(` ${n.strength}`);
    if (n.type !== undefined) p.text(` ${n.type}`);
    p.text(' ');
    if (n.user !== undefined) p.text(`user ${n.user}`);
    else if (n.id !== undefined) p.expression(n.id);
  }),
  tableMaintenance: withComments((n) => n.verb, (p, n) => {
    p.text(`${n.local ? ' local' : ''} ${n.view ? 'view' : 'table'} `);
    p.list(n.tables);
    if (n.options !== '') p.text(` ${n.options}`);
  }),
  xa: withComments('xa', (p, n) => {
    p.text(` ${n.action}`);
    if (n.xid !== undefined) p.text(` ${n.xid}`);
    if (n.option !== undefined) p.text(` ${n.option}`);
  }),
  prepare: withComments('prepare', (p, n) => {
    p.text(' ');
    p.name(n.name);
    p.text(' from ');
    p.expression(n.from);
  }),
  execute: withComments('execute', (p, n) => {
    p.text(' ');
    if (n.immediate !== undefined) {
      p.text('immediate ');
      p.expression(n.immediate);
    } else p.name(n.name);
    if (n.using.length > 0) {
      p.text(' using ');
      p.expressions(n.using);
    }
  }),
  deallocate: withComments((n) => n.verb, (p, n) => {
    p.text(' prepare ');
    p.name(n.name);
  }),
  call: withComments('call', (p, n) => {
    p.text(' ');
    p.node(n.procedure);
    p.text('(');
    p.expressions(n.args);
    p.text(')');
  }),
  do: withComments('do', (p, n) => {
    p.text(' ');
    p.expressions(n.expressions);
  }),
  handlerOpen: withComments('handler', (p, n) => {
    p.text(' ');
    p.node(n.table);
    p.text(' open');
    if (n.alias !== undefined) {
      p.text(' as ');
      p.name(n.alias);
    }
  }),
  handlerClose: withComments('handler', (p, n) => {
    p.text(' ');
    p.node(n.table);
    p.text(' close');
  }),
  handlerRead: withComments('handler', handlerRead),
  loadData: withComments('load', loadData),
  help: withComments('help', (p, n) => {
    p.text(' ');
    p.string(n.topic);
  }),
  compoundBlock: withComments('', (p, n) => p.text(n.body)),
  serverCommand: withComments((n) => (n.command === 'load index' ? 'load' : n.command), (p, n) => {
    if (n.command === 'load index') p.text(' index into cache');
    if (n.command === 'purge') p.text(' binary logs');
    if (n.rest !== '') p.text(` ${n.rest}`);
  }),
};

function flush(p: Printer, n: Flush): void {
  if (n.local) p.text(' local');
  const [first, ...others] = n.what;
  p.text(` ${first ?? ''}`);
  if (n.tables.length > 0) {
    p.text(' ');
    p.list(n.tables);
  }
  if (n.withReadLock) p.text(' with read lock');
  if (n.forExport) p.text(' for export');
  for (const other of others) p.text(n.withReadLock ? ` ${other}` : `, ${other}`);
}

function handlerRead(p: Printer, n: HandlerRead): void {
  p.text(' ');
  p.node(n.table);
  p.text(' read');
  if (n.index !== undefined) {
    p.text(' ');
    // FIRST and NEXT alone are moves.
    if (/^(first|next)$/i.test(n.index)) p.quotedName(n.index);
    else p.name(n.index);
  }
  if (n.move !== undefined) p.text(` ${n.move}`);
  if (n.op !== undefined) {
    p.text(` ${n.op} (`);
    p.expressions(n.values);
    p.text(')');
  }
  if (n.where !== undefined) {
    p.text(' where ');
    p.expression(n.where);
  }
  if (n.limit !== undefined) p.node(n.limit);
}

function loadData(p: Printer, n: LoadData): void {
  p.text(` ${n.format}${n.priority === undefined ? '' : ` ${n.priority}`}${n.local ? ' local' : ''}${n.source === 'infile' ? '' : ' from'} ${n.source} `);
  p.string(n.path);
  if (n.duplicates !== undefined) p.text(` ${n.duplicates}`);
  if (n.table !== undefined) {
    p.text(' into table ');
    p.node(n.table);
  }
  if (n.partitions.length > 0) {
    p.text(' partition (');
    p.names(n.partitions);
    p.text(')');
  }
  if (n.charset !== undefined) {
    p.text(' character set ');
    if (n.charset === 'binary') p.text('binary');
    else p.name(n.charset);
  }
  if (n.rowsIdentifiedBy !== undefined) {
    p.text(' rows identified by ');
    p.string(n.rowsIdentifiedBy);
  }
  if (n.fileFormat !== undefined) p.node(n.fileFormat);
  if (n.ignoreRows !== undefined) p.text(` ignore ${n.ignoreRows} lines`);
  if (n.columns.length > 0) {
    p.text(' (');
    p.list(n.columns);
    p.text(')');
  }
  if (n.assignments.length > 0) {
    p.text(' set ');
    p.list(n.assignments);
  }
}
