import type { AlterView, CreateView } from '../../ast/schemaObject.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { definer, ifNotExists, oneOf } from './clauses.ts';

/** What may stand before VIEW, PROCEDURE, TRIGGER, EVENT and so on, in any order that servers allow. */
export interface ObjectHead {
  readonly orReplace: boolean;
  readonly algorithm?: CreateView['algorithm'];
  readonly definer?: string;
  readonly security?: 'definer' | 'invoker';
  readonly aggregate: boolean;
}

/** Reads ALGORITHM, DEFINER, SQL SECURITY and AGGREGATE. */
export function objectHead(c: Cursor, orReplace: boolean): ObjectHead {
  let algorithm: CreateView['algorithm'];
  let security: ObjectHead['security'];
  if (c.accept(K.ALGORITHM)) {
    c.expect(T.EQ);
    algorithm = oneOf(c, ['undefined', 'merge', 'temptable']);
  }
  const owner = definer(c);
  if (c.accept(K.SQL)) {
    c.expect(K.SECURITY);
    security = oneOf(c, ['definer', 'invoker']);
  }
  const aggregate = c.accept(K.AGGREGATE);
  return { orReplace, algorithm, definer: owner, security, aggregate };
}

type ViewBody = Omit<AlterView, 'kind' | 'start' | 'end' | 'comments'>;

function viewBody(c: Cursor, head: ObjectHead): ViewBody {
  const view = c.tableName();
  const columns = c.kind === T.LPAREN ? c.nameList() : c.none();
  c.expect(K.AS);
  const query = c.grammar.query(c);
  let check: ViewBody['check'];
  if (c.accept(K.WITH)) {
    if (c.accept(K.CASCADED)) check = 'cascaded check option';
    else if (c.accept(K.LOCAL)) check = 'local check option';
    else check = 'check option';
    c.expect(K.CHECK);
    c.expect(K.OPTION);
  }
  return { algorithm: head.algorithm, definer: head.definer, security: head.security, view, columns, query, check };
}

/** With the cursor on VIEW. */
export function createView(c: Cursor, start: number, head: ObjectHead): CreateView {
  c.expect(K.VIEW);
  const conditional = ifNotExists(c);
  return { kind: 'createView', orReplace: head.orReplace, ifNotExists: conditional, ...viewBody(c, head), start, end: c.lastEnd };
}

/** With the cursor on VIEW. */
export function alterView(c: Cursor, start: number, head: ObjectHead): AlterView {
  c.expect(K.VIEW);
  return { kind: 'alterView', ...viewBody(c, head), start, end: c.lastEnd };
}
