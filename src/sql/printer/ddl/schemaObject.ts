import type { AlterEvent, AlterView, CreateEvent, CreateView } from '../../ast/schemaObject.ts';
import type { TableOption } from '../../ast/table.ts';
import type { PrintRules, Printer } from '../printer.ts';
import { withComments } from '../withComments.ts';

export const schemaObjectRules: PrintRules<
  | 'createView' | 'alterView' | 'dropObject' | 'createDatabase' | 'alterDatabase' | 'dropDatabase' | 'createTrigger' | 'createRoutine' | 'alterRoutine' | 'createLoadable'
  | 'createEvent' | 'alterEvent' | 'eventSchedule' | 'createSequence' | 'alterSequence' | 'sequenceOption' | 'serverObject'
> = {
  createView: withComments('create', (p, n) => {
    if (n.orReplace) p.text(' or replace');
    view(p, n, n.ifNotExists);
  }),
  alterView: withComments('alter', (p, n) => view(p, n, false)),
  dropObject: withComments('drop', (p, n) => {
    p.text(`${n.temporary ? ' temporary' : ''} ${n.what} ${n.ifExists ? 'if exists ' : ''}`);
    p.list(n.names);
    if (n.behaviour !== undefined) p.text(` ${n.behaviour}`);
  }),
  createDatabase: withComments('create', (p, n) => {
    p.text(`${n.orReplace ? ' or replace' : ''} database ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.name(n.name);
    databaseOptions(p, n.options);
  }),
  alterDatabase: withComments('alter', (p, n) => {
    p.text(' database');
    if (n.name !== undefined) {
      p.text(' ');
      // The words of options are names too.
      if (/^(charset|encryption|comment|read|upgrade)$/i.test(n.name)) p.quotedName(n.name);
      else p.name(n.name);
    }
    if (n.upgrade) p.text(' upgrade data directory name');
    databaseOptions(p, n.options);
  }),
  dropDatabase: withComments('drop', (p, n) => {
    p.text(` database ${n.ifExists ? 'if exists ' : ''}`);
    p.name(n.name);
  }),
  createTrigger: withComments('create', (p, n) => {
    head(p, n);
    p.text(` trigger ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.node(n.name);
    p.text(` ${n.time} ${n.events.join(' or ')} on `);
    p.node(n.table);
    p.text(' for each row');
    if (n.order !== undefined) {
      p.text(n.order.follows ? ' follows ' : ' precedes ');
      p.name(n.order.trigger);
    }
    p.text(` ${n.body}`);
  }),
  createRoutine: withComments('create', (p, n) => {
    head(p, n);
    p.text(`${n.aggregate ? ' aggregate' : ''} ${n.type} ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.node(n.name);
    p.text(`(${n.parameters})`);
    if (n.returns !== undefined) p.text(` returns ${n.returns}`);
    for (const trait of n.characteristics) p.text(` ${trait}`);
    p.text(` ${n.body}`);
  }),
  alterRoutine: withComments('alter', (p, n) => {
    p.text(` ${n.type} `);
    p.node(n.name);
    for (const trait of n.characteristics) p.text(` ${trait}`);
  }),
  createLoadable: withComments('create', (p, n) => {
    p.text(`${n.orReplace ? ' or replace' : ''}${n.aggregate ? ' aggregate' : ''} function ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.name(n.name);
    p.text(` returns ${n.returns} soname `);
    p.string(n.soname);
  }),
  createEvent: withComments('create', (p, n) => {
    head(p, n);
    p.text(` event ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.node(n.name);
    event(p, n);
  }),
  alterEvent: withComments('alter', (p, n) => {
    head(p, { orReplace: false, definer: n.definer });
    p.text(' event ');
    p.node(n.name);
    event(p, n);
  }),
  eventSchedule: (p, n) => {
    if (n.at !== undefined) {
      p.text('at ');
      p.expression(n.at);
      return;
    }
    p.text('every ');
    if (n.every !== undefined) p.expression(n.every);
    p.text(` ${n.unit ?? ''}`);
    if (n.starts !== undefined) {
      p.text(' starts ');
      p.expression(n.starts);
    }
    if (n.ends !== undefined) {
      p.text(' ends ');
      p.expression(n.ends);
    }
  },
  createSequence: withComments('create', (p, n) => {
    p.text(`${n.orReplace ? ' or replace' : ''}${n.temporary ? ' temporary' : ''} sequence ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.node(n.name);
    for (const option of [...n.options, ...n.tableOptions]) {
      p.text(' ');
      p.node(option);
    }
  }),
  alterSequence: withComments('alter', (p, n) => {
    p.text(` sequence ${n.ifExists ? 'if exists ' : ''}`);
    p.node(n.name);
    for (const option of n.options) {
      p.text(' ');
      p.node(option);
    }
  }),
  sequenceOption: (p, n) => {
    if (n.value === undefined) p.text(n.name);
    else if (n.name === 'increment') p.text(`increment by ${n.value}`);
    else if (n.name === 'start' || n.name === 'restart') p.text(`${n.name} with ${n.value}`);
    else p.text(`${n.name} ${n.value}`);
  },
  serverObject: withComments((n) => n.verb, (p, n) => {
    for (const part of [n.prefix, n.what, n.condition]) if (part !== '') p.text(` ${part}`);
    if (n.name !== '') {
      p.text(' ');
      if (n.what === 'spatial reference system') p.text(n.name);
      else p.name(n.name);
    }
    if (n.rest !== '') p.text(` ${n.rest}`);
  }),
};

function head(p: Printer, n: { readonly orReplace: boolean; readonly definer?: string }): void {
  if (n.orReplace) p.text(' or replace');
  if (n.definer !== undefined) p.text(` definer = ${n.definer}`);
}

function view(p: Printer, n: CreateView | AlterView, ifNotExists: boolean): void {
  if (n.algorithm !== undefined) p.text(` algorithm = ${n.algorithm}`);
  if (n.definer !== undefined) p.text(` definer = ${n.definer}`);
  if (n.security !== undefined) p.text(` sql security ${n.security}`);
  p.text(` view ${ifNotExists ? 'if not exists ' : ''}`);
  p.node(n.view);
  if (n.columns.length > 0) {
    p.text('(');
    p.names(n.columns);
    p.text(')');
  }
  p.text(' as ');
  p.node(n.query);
  if (n.check !== undefined) p.text(` with ${n.check}`);
}

function databaseOptions(p: Printer, options: readonly TableOption[]): void {
  for (const option of options) {
    p.text(' ');
    p.node(option);
  }
}

function event(p: Printer, n: CreateEvent | AlterEvent): void {
  if (n.schedule !== undefined) {
    p.text(' on schedule ');
    p.node(n.schedule);
  }
  if (n.completion !== undefined) p.text(` on completion ${n.completion}`);
  if (n.kind === 'alterEvent' && n.renameTo !== undefined) {
    p.text(' rename to ');
    p.node(n.renameTo);
  }
  if (n.state !== undefined) p.text(` ${n.state}`);
  if (n.comment !== undefined) {
    p.text(' comment ');
    p.string(n.comment);
  }
  if (n.body !== undefined) p.text(` do ${n.body}`);
}
