import type { AlterSequence, CreateSequence, SequenceOption } from '../../ast/schemaObject.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { ifExists, ifNotExists, optionalEquals } from './clauses.ts';
import { columnType } from './columnType.ts';
import { tableOptions } from './tableOptions.ts';

/** MariaDB's CREATE SEQUENCE, with the cursor behind SEQUENCE. */
export function createSequence(c: Cursor, start: number, orReplace: boolean, temporary: boolean): CreateSequence {
  const conditional = ifNotExists(c);
  const name = c.tableName();
  const options = sequenceOptions(c);
  const tableParts = tableOptions(c);
  return { kind: 'createSequence', orReplace, temporary, ifNotExists: conditional, name, options, tableOptions: tableParts, start, end: c.lastEnd };
}

/** With the cursor behind SEQUENCE. */
export function alterSequence(c: Cursor, start: number): AlterSequence {
  const conditional = ifExists(c);
  const name = c.tableName();
  const options = sequenceOptions(c);
  if (options.length === 0) throw c.unexpected('an option');
  return { kind: 'alterSequence', ifExists: conditional, name, options, start, end: c.lastEnd };
}

function sequenceOptions(c: Cursor): SequenceOption[] {
  const found: SequenceOption[] = [];
  for (;;) {
    const option = sequenceOption(c);
    if (option === undefined) return found;
    found.push(option);
  }
}

function sequenceOption(c: Cursor): SequenceOption | undefined {
  const start = c.start;
  const done = (name: SequenceOption['name'], value?: string): SequenceOption => ({ kind: 'sequenceOption', name, value, start, end: c.lastEnd });
  switch (c.kind) {
    case K.INCREMENT:
      c.advance();
      if (!c.accept(K.BY)) optionalEquals(c);
      return done('increment', signed(c));
    case K.MINVALUE:
      c.advance();
      optionalEquals(c);
      return done('minvalue', signed(c));
    case K.MAXVALUE:
      c.advance();
      optionalEquals(c);
      return done('maxvalue', signed(c));
    case K.NO:
      c.advance();
      if (c.accept(K.MINVALUE)) return done('nominvalue');
      if (c.accept(K.MAXVALUE)) return done('nomaxvalue');
      if (c.accept(K.CACHE)) return done('nocache');
      c.expect(K.CYCLE);
      return done('nocycle');
    case K.NOMINVALUE:
      c.advance();
      return done('nominvalue');
    case K.NOMAXVALUE:
      c.advance();
      return done('nomaxvalue');
    case K.START:
      c.advance();
      if (!c.accept(K.WITH)) optionalEquals(c);
      return done('start', signed(c));
    case K.CACHE:
      c.advance();
      optionalEquals(c);
      return done('cache', signed(c));
    case K.NOCACHE:
      c.advance();
      return done('nocache');
    case K.CYCLE:
      c.advance();
      return done('cycle');
    case K.NOCYCLE:
      c.advance();
      return done('nocycle');
    case K.RESTART:
      c.advance();
      if (!c.accept(K.WITH)) optionalEquals(c);
      return done('restart', c.is(T.INTEGER) || c.is(T.MINUS) ? signed(c) : undefined);
    case K.AS: {
      c.advance();
      const type = columnType(c);
      return done('as', type.unsigned ? `${type.name} unsigned` : type.name);
    }
    default:
      return undefined;
  }
}

function signed(c: Cursor): string {
  return c.accept(T.MINUS) ? `-${c.integer()}` : c.integer();
}
