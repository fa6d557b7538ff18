import type { AlterEvent, CreateEvent, EventSchedule } from '../../ast/schemaObject.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import type { Cursor } from '../cursor.ts';
import { intervalUnit } from '../interval.ts';
import { ifNotExists } from './clauses.ts';
import { bodyText } from './sourceText.ts';
import type { ObjectHead } from './view.ts';

/** With the cursor on EVENT. */
export function createEvent(c: Cursor, start: number, head: ObjectHead): CreateEvent {
  c.expect(K.EVENT);
  const conditional = ifNotExists(c);
  const name = c.tableName();
  if (!c.accept2(K.ON, K.SCHEDULE)) throw c.unexpected('ON SCHEDULE');
  const times = schedule(c);
  const completion = completionOf(c);
  const state = stateOf(c);
  const comment = c.accept(K.COMMENT) ? c.string() : undefined;
  c.expect(K.DO);
  const body = bodyText(c);
  return {
    kind: 'createEvent', orReplace: head.orReplace, ifNotExists: conditional, definer: head.definer, name, schedule: times, completion, state, comment, body, start, end: c.lastEnd,
  };
}

/** With the cursor on EVENT. */
export function alterEvent(c: Cursor, start: number, head: ObjectHead): AlterEvent {
  c.expect(K.EVENT);
  const name = c.tableName();
  const times = c.accept2(K.ON, K.SCHEDULE) ? schedule(c) : undefined;
  const completion = completionOf(c);
  const renameTo = c.accept2(K.RENAME, K.TO) ? c.tableName() : undefined;
  const state = stateOf(c);
  const comment = c.accept(K.COMMENT) ? c.string() : undefined;
  const body = c.accept(K.DO) ? bodyText(c) : undefined;
  return { kind: 'alterEvent', definer: head.definer, name, schedule: times, completion, renameTo, state, comment, body, start, end: c.lastEnd };
}

function schedule(c: Cursor): EventSchedule {
  const start = c.start;
  if (c.accept(K.AT)) {
    const at = c.grammar.expression(c);
    return { kind: 'eventSchedule', at, every: undefined, unit: undefined, starts: undefined, ends: undefined, start, end: c.lastEnd };
  }
  c.expect(K.EVERY);
  const every = c.grammar.expression(c);
  const unit = intervalUnit(c);
  const starts = c.accept(K.STARTS) ? c.grammar.expression(c) : undefined;
  const ends = c.accept(K.ENDS) ? c.grammar.expression(c) : undefined;
  return { kind: 'eventSchedule', at: undefined, every, unit, starts, ends, start, end: c.lastEnd };
}

function completionOf(c: Cursor): CreateEvent['completion'] {
  if (!(c.kind === K.ON && c.peek() === K.COMPLETION)) return undefined;
  c.advance();
  c.advance();
  const not = c.accept(K.NOT);
  c.expect(K.PRESERVE);
  return not ? 'not preserve' : 'preserve';
}

function stateOf(c: Cursor): CreateEvent['state'] {
  if (c.accept(K.ENABLE)) return 'enable';
  if (!c.accept(K.DISABLE)) return undefined;
  if (!c.accept(K.ON)) return 'disable';
  if (c.accept(K.SLAVE)) return 'disable on slave';
  c.expect(K.REPLICA);
  return 'disable on replica';
}
