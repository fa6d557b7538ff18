import type { ServerCommand } from '../../ast/admin.ts';
import type { Statement } from '../../ast/statement.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { bodyText, restText } from '../ddl/sourceText.ts';
import { atEnd } from '../ddl/tableStatements.ts';
import type { StatementFamily } from '../family.ts';

/** Replication, plugins, diagnostics, shutdown: commands that go to the server as they are. */
export const commandFamily: StatementFamily = {
  [K.CHANGE]: change, [K.START]: startStop, [K.STOP]: startStop, [K.RESET]: reset, [K.PURGE]: purge, [K.BINLOG]: binlog, [K.INSTALL]: plugin, [K.UNINSTALL]: plugin,
  [K.SHUTDOWN]: plain('shutdown', 'optional'), [K.RESTART]: plain('restart', 'none'), [K.CLONE]: plain('clone', 'needed'),
  [K.IMPORT]: (c) => (c.peek() === K.TABLE ? words(c, 2, 'import table', 'needed') : undefined),
  [K.LOCK]: (c) => (c.peek() === K.INSTANCE ? words(c, 2, 'lock instance', 'needed') : undefined),
  [K.UNLOCK]: (c) => (c.peek() === K.INSTANCE ? words(c, 2, 'unlock instance', 'none') : undefined),
  [K.CACHE]: (c) => (c.peek() === K.INDEX ? words(c, 2, 'cache index', 'needed') : undefined),
  [K.BACKUP]: plain('backup', 'needed'), [K.SIGNAL]: plain('signal', 'needed'), [K.RESIGNAL]: plain('resignal', 'optional'), [K.GET]: diagnostics, [K.BEGIN]: compoundBlock,
};

type Rest = 'needed' | 'optional' | 'none';

/** Goes past the command's words and takes what follows as text. */
function words(c: Cursor, count: number, command: ServerCommand['command'], needs: Rest): ServerCommand {
  const start = c.start;
  for (let i = 0; i < count; i++) c.advance();
  if (needs === 'none' && !atEnd(c)) throw c.unexpected('the end of the statement');
  const rest = restText(c);
  if (needs === 'needed' && rest === '') throw c.unexpected('more');
  return { kind: 'serverCommand', command, rest, start, end: c.lastEnd };
}

function plain(command: ServerCommand['command'], needs: Rest) {
  return (c: Cursor): ServerCommand => words(c, 1, command, needs);
}

/** CHANGE MASTER TO, CHANGE REPLICATION SOURCE TO, CHANGE REPLICATION FILTER; MariaDB names a connection after MASTER. */
function change(c: Cursor): ServerCommand {
  if (c.peek() === K.MASTER && (c.peek(2) === K.TO || c.peek(2) === T.STRING)) return words(c, 2, 'change master', 'needed');
  if (c.peek() === K.REPLICATION && c.peek(2) === K.SOURCE && c.peek(3) === K.TO) return words(c, 3, 'change replication source', 'needed');
  if (c.peek() === K.REPLICATION && c.peek(2) === K.FILTER) return words(c, 3, 'change replication filter', 'needed');
  c.advance();
  throw c.unexpected('MASTER TO or REPLICATION');
}

/** START and STOP of REPLICA (SLAVE is the same), ALL REPLICAS, GROUP_REPLICATION; undefined for START TRANSACTION. */
function startStop(c: Cursor): Statement | undefined {
  const verb = c.kind === K.START ? 'start' : 'stop';
  switch (c.peek()) {
    case K.SLAVE:
    case K.REPLICA:
      return words(c, 2, `${verb} replica`, 'optional');
    case K.GROUP_REPLICATION:
      return words(c, 2, `${verb} group_replication`, 'optional');
    case K.ALL: {
      const start = c.start;
      if (c.peek(2) !== K.SLAVES && c.peek(2) !== K.REPLICAS) return undefined;
      for (let i = 0; i < 3; i++) c.advance();
      return { kind: 'serverCommand', command: `${verb} all replicas`, rest: restText(c), start, end: c.lastEnd };
    }
    default:
      return undefined;
  }
}

function reset(c: Cursor): ServerCommand {
  switch (c.peek()) {
    case K.MASTER:
    case K.SLAVE:
    case K.REPLICA:
    case K.BINARY:
    case K.QUERY:
    case K.PERSIST:
    case K.MASTER_DEMOTE_TO_REPLICA:
      return words(c, 1, 'reset', 'needed');
  }
  c.advance();
  throw c.unexpected('something to reset');
}

function purge(c: Cursor): ServerCommand {
  if ((c.peek() === K.BINARY || c.peek() === K.MASTER) && c.peek(2) === K.LOGS && (c.peek(3) === K.TO || c.peek(3) === K.BEFORE)) return words(c, 3, 'purge', 'needed');
  c.advance();
  throw c.unexpected('BINARY LOGS');
}

function binlog(c: Cursor): ServerCommand {
  if (c.peek() !== T.STRING && c.peek() !== T.USER_VAR) {
    c.advance();
    throw c.unexpected('a string');
  }
  return words(c, 1, 'binlog', 'needed');
}

function plugin(c: Cursor): ServerCommand {
  const next = c.peek();
  if (next !== K.PLUGIN && next !== K.COMPONENT && next !== K.SONAME) {
    c.advance();
    throw c.unexpected('PLUGIN or COMPONENT');
  }
  return words(c, 1, c.kind === K.INSTALL ? 'install' : 'uninstall', 'needed');
}

function diagnostics(c: Cursor): ServerCommand {
  const start = c.start;
  c.advance();
  const area = c.accept(K.CURRENT) ? 'current ' : c.accept(K.STACKED) ? 'stacked ' : '';
  c.expect(K.DIAGNOSTICS);
  const rest = restText(c);
  if (rest === '') throw c.unexpected('what to get');
  return { kind: 'serverCommand', command: 'get diagnostics', rest: area + rest, start, end: c.lastEnd };
}

/** MariaDB's BEGIN NOT ATOMIC; undefined for the BEGIN of a transaction. */
function compoundBlock(c: Cursor): Statement | undefined {
  if (c.peek() !== K.NOT || c.peek(2) !== K.ATOMIC) return undefined;
  const start = c.start;
  // The block's own BEGIN is the first word of the body.
  const body = bodyText(c);
  return { kind: 'compoundBlock', body, start, end: c.lastEnd };
}
