import type { AlterMigration, AlterVschema, VindexParam } from '../../ast/vitess.ts';
import type { PrintRules, Printer } from '../printer.ts';
import { withComments } from '../withComments.ts';

export const vitessRules: PrintRules<
  'alterVschema' | 'vindexParam' | 'revertMigration' | 'alterMigration' | 'stream' | 'vstream' | 'createSnapshotKeyspace' | 'dropSnapshotKeyspace'
> = {
  alterVschema: withComments('alter', alterVschema),
  vindexParam: (p, n) => {
    p.name(n.name);
    p.text(' = ');
    if (/^[A-Za-z0-9_]+$/.test(n.value)) p.text(n.value);
    else p.string(n.value);
  },
  revertMigration: withComments('revert', (p, n) => {
    p.text(' vitess_migration ');
    p.string(n.uuid);
  }),
  alterMigration: withComments('alter', alterMigration),
  stream: withComments('stream', (p, n) => {
    p.text(' ');
    p.node(n.item);
    p.text(' from ');
    p.node(n.table);
  }),
  vstream: withComments('vstream', (p, n) => {
    p.text(' ');
    p.node(n.item);
    p.text(' from ');
    p.node(n.table);
    if (n.where !== undefined) {
      p.text(' where ');
      p.expression(n.where);
    }
    if (n.limit !== undefined) p.node(n.limit);
  }),
  createSnapshotKeyspace: withComments('create', (p, n) => {
    p.text(` snapshot keyspace ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.name(n.name);
    p.text(' from ');
    p.name(n.base);
    p.text(' as of timestamp ');
    p.expression(n.at);
    if (n.options.length > 0) {
      p.text(' with (');
      p.list(n.options);
      p.text(')');
    }
  }),
  dropSnapshotKeyspace: withComments('drop', (p, n) => {
    p.text(` snapshot keyspace ${n.ifExists ? 'if exists ' : ''}`);
    p.name(n.name);
  }),
};

function alterVschema(p: Printer, n: AlterVschema): void {
  p.text(' vschema ');
  switch (n.action) {
    case 'create vindex':
    case 'drop vindex':
      p.text(`${n.action} `);
      if (n.vindex !== undefined) p.node(n.vindex);
      vindexType(p, n.using, n.params);
      return;
    case 'add table':
    case 'drop table':
    case 'add sequence':
    case 'drop sequence':
      p.text(`${n.action} `);
      if (n.table !== undefined) p.node(n.table);
      return;
  }
  p.text('on ');
  if (n.table !== undefined) p.node(n.table);
  switch (n.action) {
    case 'add vindex':
      p.text(' add vindex ');
      if (n.vindex !== undefined) p.node(n.vindex);
      p.text(' (');
      p.names(n.columns);
      p.text(')');
      vindexType(p, n.using, n.params);
      return;
    case 'drop table vindex':
      p.text(' drop vindex ');
      if (n.vindex !== undefined) p.node(n.vindex);
      return;
    case 'add auto_increment':
      p.text(' add auto_increment ');
      p.names(n.columns);
      p.text(' using ');
      if (n.sequence !== undefined) p.node(n.sequence);
      return;
    case 'drop auto_increment':
      p.text(' drop auto_increment');
  }
}

function vindexType(p: Printer, using: string | undefined, params: readonly VindexParam[]): void {
  if (using !== undefined) {
    p.text(' using ');
    p.name(using);
  }
  if (params.length > 0) {
    p.text(' with ');
    p.list(params);
  }
}

function alterMigration(p: Printer, n: AlterMigration): void {
  p.text(' vitess_migration ');
  if (n.uuid !== undefined) {
    p.string(n.uuid);
    p.text(' ');
  }
  if (n.threshold !== undefined) {
    p.text('set cutover_threshold = ');
    p.string(n.threshold);
    return;
  }
  p.text(n.action);
  if (n.uuid === undefined) p.text(' all');
  option(p, 'vitess_shards', n.shards);
  option(p, 'expire', n.expire);
  if (n.ratio !== undefined) p.text(` ratio ${n.ratio}`);
}

function option(p: Printer, word: string, value: string | undefined): void {
  if (value === undefined) return;
  p.text(` ${word} `);
  p.string(value);
}
