import type { Account } from '../../ast/account.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { quoteName, quoteString } from '../../lexer/quote.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';

/** `'user'@'host'`, `user@host`, `user`, CURRENT_USER, CURRENT_ROLE. */
export function account(c: Cursor): Account {
  const start = c.start;
  if (c.kind === K.CURRENT_USER || c.kind === K.CURRENT_ROLE) {
    const current = c.kind === K.CURRENT_USER ? 'user' : 'role';
    c.advance();
    if (c.accept(T.LPAREN)) c.expect(T.RPAREN);
    return { kind: 'account', user: '', host: undefined, current, start, end: c.lastEnd };
  }
  const user = c.nameOrString('an account');
  let host: string | undefined;
  if (c.kind === T.USER_VAR) {
    host = c.stream.value(c.at);
    c.advance();
  } else if (c.accept(T.AT)) host = c.kind === T.STRING || c.kind === T.QUOTED_IDENT ? c.nameOrString('a host') : '';
  return { kind: 'account', user, host, current: undefined, start, end: c.lastEnd };
}

/** An account as it is to be written. */
function writeAccount(node: Account, noBackslashEscapes: boolean): string {
  if (node.current !== undefined) return `current_${node.current}`;
  const user = quoteString(node.user, noBackslashEscapes);
  return node.host === undefined ? user : `${user}@${quoteString(node.host, noBackslashEscapes)}`;
}

/** An account as it is to be written; a plain role name stays a name. */
export function accountText(c: Cursor): string {
  const bare = c.kind !== T.STRING;
  const node = account(c);
  return bare && node.current === undefined && node.host === undefined ? quoteName(node.user) : writeAccount(node, c.settings.noBackslashEscapes);
}
