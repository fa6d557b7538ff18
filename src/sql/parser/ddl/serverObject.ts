import type { ServerObject } from '../../ast/schemaObject.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import type { Cursor } from '../cursor.ts';
import { bodyText, restText } from './sourceText.ts';
import { ifExists, ifNotExists } from './clauses.ts';

/** TABLESPACE, LOGFILE GROUP, SERVER, SPATIAL REFERENCE SYSTEM, RESOURCE GROUP, INSTANCE; undefined when none of them stands here. */
export function serverObject(c: Cursor, start: number, verb: ServerObject['verb'], prefix: string): ServerObject | undefined {
  const what = objectWords(c, verb);
  if (what === undefined) return undefined;
  const condition = verb === 'create' && ifNotExists(c) ? 'if not exists' : verb === 'drop' && ifExists(c) ? 'if exists' : '';
  if (what === 'package' || what === 'package body' || what === 'library') {
    const rest = bodyText(c);
    return { kind: 'serverObject', verb, what, prefix, condition, name: '', rest, start, end: c.lastEnd };
  }
  let name = '';
  if (what === 'spatial reference system') name = c.integer('a system id');
  else if (what !== 'instance') name = c.nameOrString();
  const rest = restText(c);
  if (rest === '' && verb === 'alter') throw c.unexpected('options');
  return { kind: 'serverObject', verb, what, prefix, condition, name, rest, start, end: c.lastEnd };
}

function objectWords(c: Cursor, verb: ServerObject['verb']): ServerObject['what'] | undefined {
  const take = (words: number, what: ServerObject['what']): ServerObject['what'] => {
    for (let i = 0; i < words; i++) c.advance();
    return what;
  };
  switch (c.kind) {
    case K.TABLESPACE:
      return take(1, 'tablespace');
    case K.UNDO:
      return c.peek() === K.TABLESPACE ? take(2, 'undo tablespace') : undefined;
    case K.LOGFILE:
      return c.peek() === K.GROUP ? take(2, 'logfile group') : undefined;
    case K.SERVER:
      return take(1, 'server');
    case K.SPATIAL:
      return c.peek() === K.REFERENCE && verb !== 'alter' ? take(3, 'spatial reference system') : undefined;
    case K.RESOURCE:
      return c.peek() === K.GROUP ? take(2, 'resource group') : undefined;
    case K.INSTANCE:
      return verb === 'alter' ? take(1, 'instance') : undefined;
    case K.LIBRARY:
      return verb === 'drop' ? undefined : take(1, 'library');
    case K.PACKAGE:
      if (verb === 'drop') return undefined;
      return c.peek() === K.BODY ? take(2, 'package body') : take(1, 'package');
    default:
      return undefined;
  }
}
