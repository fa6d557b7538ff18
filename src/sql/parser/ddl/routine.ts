import type { AlterRoutine, CreateLoadable, CreateRoutine, CreateTrigger } from '../../ast/schemaObject.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { quoteString } from '../../lexer/quote.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { ifNotExists, oneOf } from './clauses.ts';
import { columnType } from './columnType.ts';
import { bodyText, SourceText, textInParens } from './sourceText.ts';
import type { ObjectHead } from './view.ts';

/** CREATE PROCEDURE and FUNCTION, with the cursor on that word; a FUNCTION may come from a library (SONAME). */
export function createRoutine(c: Cursor, start: number, head: ObjectHead): CreateRoutine | CreateLoadable {
  const type = c.kind === K.PROCEDURE ? 'procedure' : 'function';
  c.advance();
  const conditional = ifNotExists(c);
  const name = c.tableName();
  if (type === 'function' && c.kind === K.RETURNS) return loadable(c, start, head, conditional, name.name);
  const parameters = textInParens(c);
  let returns: string | undefined;
  if (type === 'function') {
    if (!c.accept(K.RETURNS)) c.expect(K.RETURN);
    returns = typeText(c);
  }
  const traits = characteristics(c);
  if (c.kind === K.AS && c.peek() === T.STRING) {
    // MySQL's other languages keep the body in a string.
    c.advance();
    const body = `as ${quoteString(c.string(), c.settings.noBackslashEscapes)}`;
    return routine(body);
  }
  return routine(bodyText(c));

  function routine(body: string): CreateRoutine {
    return {
      kind: 'createRoutine', type, orReplace: head.orReplace, definer: head.definer, aggregate: head.aggregate, ifNotExists: conditional, name, parameters, returns,
      characteristics: traits, body, start, end: c.lastEnd,
    };
  }
}

/** A type as it is written. */
function typeText(c: Cursor): string {
  const from = c.at;
  const lastEnd = c.lastEnd;
  columnType(c);
  const to = c.at;
  c.backTo(from, lastEnd);
  const text = new SourceText();
  while (c.at < to) text.take(c);
  return text.toString();
}

function loadable(c: Cursor, start: number, head: ObjectHead, conditional: boolean, name: string): CreateLoadable {
  c.advance();
  const returns = c.accept(K.INT) || c.accept(K.INTEGER) ? 'integer' : c.accept(K.DEC) ? 'decimal' : oneOf(c, ['string', 'real', 'decimal']);
  c.expect(K.SONAME);
  const soname = c.string();
  return { kind: 'createLoadable', orReplace: head.orReplace, aggregate: head.aggregate, ifNotExists: conditional, name, returns, soname, start, end: c.lastEnd };
}

/** COMMENT, LANGUAGE, [NOT] DETERMINISTIC, CONTAINS SQL, …; each in lower case with one space. */
export function characteristics(c: Cursor): string[] {
  const found: string[] = [];
  for (;;) {
    if (c.accept(K.COMMENT)) found.push(`comment ${quoteString(c.string(), c.settings.noBackslashEscapes)}`);
    else if (c.accept(K.LANGUAGE)) {
      if (c.kind === T.EOF) throw c.unexpected('a language');
      found.push(`language ${c.word()}`);
      c.advance();
    } else if (c.accept(K.DETERMINISTIC)) found.push('deterministic');
    else if (c.accept2(K.NOT, K.DETERMINISTIC)) found.push('not deterministic');
    else if (c.accept2(K.CONTAINS, K.SQL)) found.push('contains sql');
    else if (c.accept2(K.NO, K.SQL)) found.push('no sql');
    else if (c.kind === K.READS || c.kind === K.MODIFIES) {
      const verb = c.word();
      c.advance();
      c.expect(K.SQL);
      c.expect(K.DATA);
      found.push(`${verb} sql data`);
    } else if (c.kind === K.SQL && c.peek() === K.SECURITY) {
      c.advance();
      c.advance();
      found.push(`sql security ${oneOf(c, ['definer', 'invoker'])}`);
    } else return found;
  }
}

/** With the cursor behind PROCEDURE or FUNCTION. */
export function alterRoutine(c: Cursor, start: number, type: 'procedure' | 'function'): AlterRoutine {
  const name = c.tableName();
  const traits = characteristics(c);
  return { kind: 'alterRoutine', type, name, characteristics: traits, start, end: c.lastEnd };
}

/** With the cursor on TRIGGER. */
export function createTrigger(c: Cursor, start: number, head: ObjectHead): CreateTrigger {
  c.expect(K.TRIGGER);
  const conditional = ifNotExists(c);
  const name = c.tableName();
  const time = oneOf(c, ['before', 'after']);
  const events = [triggerEvent(c)];
  while (c.accept(K.OR)) events.push(triggerEvent(c));
  c.expect(K.ON);
  const table = c.tableName();
  c.expect(K.FOR);
  c.expect(K.EACH);
  c.expect(K.ROW);
  let order: CreateTrigger['order'];
  if (c.kind === K.FOLLOWS || c.kind === K.PRECEDES) {
    const follows = c.kind === K.FOLLOWS;
    c.advance();
    order = { follows, trigger: c.nameOrString('a trigger') };
  }
  const body = bodyText(c);
  return { kind: 'createTrigger', orReplace: head.orReplace, definer: head.definer, ifNotExists: conditional, name, time, events, table, order, body, start, end: c.lastEnd };
}

function triggerEvent(c: Cursor): string {
  const event = oneOf(c, ['insert', 'update', 'delete']);
  if (event === 'update' && c.accept(K.OF)) return `update of ${c.list((inner) => inner.name('a column')).join(', ')}`;
  return event;
}
