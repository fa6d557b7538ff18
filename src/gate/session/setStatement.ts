import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { sqlLiteral } from '../../mysql/sqlLiteral.ts';
import { TYPE } from '../../mysql/constants/columnTypes.ts';
import { type Expression, printExpression, type SetAssignment, type SetStatement, type SetTransaction, type SetVariable } from '../../sql/index.ts';
import { chooseTransactionMode } from '../transactions/transactionMode.ts';
import type { StatementHome } from './keyspaceStatements.ts';
import { isSystemSchema } from './keyspaceStatements.ts';
import { shardsOf } from './routing.ts';
import { gateKept } from './sessionValues.ts';
import type { UserValue } from './sessionState.ts';

/** What SET needs of its session beside {@link StatementHome}. */
export interface SetHome extends StatementHome {
  /** The value of an expression that is no literal: asked of a tablet with the session's values put in. */
  evaluate(expression: Expression): Promise<UserValue>;
  /** autocommit went from off to on: the open transaction is committed. */
  setAutocommit(on: boolean): Promise<void>;
  /** sql_mode or the character set changed: text is read otherwise from now on. */
  readingChanged(): void;
}

/** Variables that would break the gate's own bookkeeping, or that belong to the server: accepted and left alone, as vtgate does. */
const ignored: ReadonlySet<string> = new Set(['interactive_timeout', 'wait_timeout', 'net_read_timeout', 'net_write_timeout', 'net_buffer_length', 'net_retry_count', 'max_allowed_packet', 'sql_log_bin', 'pseudo_slave_mode', 'pseudo_replica_mode', 'sql_notes_count']);

const BACKSLASH = 0x5c;

/** SET: assignments in order. The first that fails ends the statement; those before it stand, as in MySQL. */
export async function runSet(home: SetHome, statement: SetStatement): Promise<void> {
  for (const assignment of statement.assignments) await assign(home, assignment);
}

async function assign(home: SetHome, assignment: SetAssignment): Promise<void> {
  switch (assignment.kind) {
    case 'setNames':
    case 'setCharacterSet': return setNames(home, assignment.charset, assignment.kind === 'setNames' ? assignment.collation : undefined);
    case 'setVariable': return setVariable(home, assignment);
    default: assignment satisfies never;
  }
}

async function setNames(home: SetHome, charset: string | undefined, collation: string | undefined): Promise<void> {
  const { settings } = home.state;
  const before = settings.namesState;
  settings.setNames(charset, collation);
  await tryOut(home, `set names ${charset ?? 'default'}${collation === undefined ? '' : ` collate ${collation}`}`, () => settings.restoreNames(before));
  home.readingChanged();
}

async function setVariable(home: SetHome, { target, value }: SetVariable): Promise<void> {
  if (target.kind === 'userVariable') {
    home.state.setUserVariable(target.name, await givenValue(home, value));
    return;
  }
  const name = target.name.toLowerCase();
  if (target.kind === 'systemVariable' && target.scope !== undefined && target.scope !== 'session') {
    throw new VtrewindError({
      code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: set ${target.scope} ${name}: global variables belong to the servers`,
      hint: 'set them on each tablet',
    });
  }
  if (ignored.has(name)) return;
  if (gateKept.has(name)) return setGateVariable(home, name, value);
  if (name === 'tx_isolation' || name === 'transaction_isolation') {
    const level = String((await givenValue(home, value)).value ?? '').replaceAll('-', ' ').toLowerCase();
    return setSessionTransaction(home, 'isolation', `isolation level ${level}`);
  }
  if (name === 'tx_read_only' || name === 'transaction_read_only') {
    const on = truth(name, await givenValue(home, value));
    return setSessionTransaction(home, 'access', on ? 'read only' : 'read write');
  }
  const { settings } = home.state;
  const before = settings.get(name);
  const text = value.kind === 'default' ? undefined : await settingText(home, value);
  settings.set(name, text);
  await tryOut(home, `set @@session.${name} = ${text ?? 'default'}`, () => settings.set(name, before));
  if (name === 'sql_mode' || name === 'character_set_client') home.readingChanged();
}

/** SET TRANSACTION, with SESSION for all that follow, without a scope for the next one. */
export async function runSetTransaction(home: SetHome, statement: SetTransaction): Promise<void> {
  const parts = [...(statement.isolation === undefined ? [] : [`isolation level ${statement.isolation}`]), ...(statement.access === undefined ? [] : [statement.access])];
  if (statement.scope === 'global') {
    throw new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: 'VT12001: unsupported: set global transaction: global variables belong to the servers' });
  }
  if (statement.scope === 'session') {
    if (statement.isolation !== undefined) await setSessionTransaction(home, 'isolation', `isolation level ${statement.isolation}`);
    if (statement.access !== undefined) await setSessionTransaction(home, 'access', statement.access);
    return;
  }
  if (home.state.inTransaction) {
    throw new VtrewindError({ code: 'VTR1008', mysql: 1568, sqlState: '25001', grpc: 'FAILED_PRECONDITION', message: "Transaction characteristics can't be changed while a transaction is in progress" });
  }
  home.state.nextTransaction = [`set transaction ${parts.join(', ')}`];
}

async function setSessionTransaction(home: SetHome, which: 'isolation' | 'access', text: string): Promise<void> {
  const { settings } = home.state;
  const before = settings.transaction(which);
  settings.setTransaction(which, text);
  await tryOut(home, `set session transaction ${text}`, () => settings.setTransaction(which, before));
}

/** A server says at once whether it takes the value; when not, the session is as before. Without any tablet the first statement will tell. */
async function tryOut(home: SetHome, statement: string, undo: () => void): Promise<void> {
  const { env, state, shards } = home;
  try {
    if (shards.holds) await shards.apply(statement);
    const selected = state.target.keyspace;
    const keyspace = selected !== '' && !isSystemSchema(selected) ? selected : env.view.vschema.anyKeyspace()?.name;
    const shard = keyspace === undefined ? undefined : shardsOf(env, state.target, keyspace, undefined)[0];
    if (shard === undefined) return;
    const link = await shards.open(shard.target);
    try {
      await link.checkSettings();
    } finally {
      link.release();
    }
  } catch (error) {
    const failure = VtrewindError.from(error);
    if (failure.grpc === 'UNAVAILABLE') return;
    undo();
    throw failure;
  }
}

async function setGateVariable(home: SetHome, name: string, expression: Expression): Promise<void> {
  const { state } = home;
  if (expression.kind === 'default') {
    state.gateVariables.delete(name);
    if (name === 'autocommit') await home.setAutocommit(true);
    return;
  }
  const value = await givenValue(home, expression);
  const text = String(value.value ?? '');
  switch (name) {
    case 'autocommit': return home.setAutocommit(truth(name, value));
    case 'transaction_mode': {
      state.transactionMode = chooseTransactionMode(text, home.env.transactionMode);
      return;
    }
    case 'workload': {
      const workload = text.toUpperCase();
      if (workload !== 'OLTP' && workload !== 'OLAP' && workload !== 'UNSPECIFIED' && workload !== 'DBA') throw wrongValue(name, text);
      state.workload = workload === 'OLAP' ? 'OLAP' : 'OLTP';
      return;
    }
    case 'last_insert_id': case 'identity':
      if (!/^\d+$/.test(text)) throw wrongValue(name, text);
      state.lastInsertId = BigInt(text);
      return;
    case 'version': case 'version_comment': case 'socket': case 'session_uuid':
      throw new VtrewindError({ code: 'VTR1009', mysql: ER.INCORRECT_GLOBAL_LOCAL_VAR, grpc: 'FAILED_PRECONDITION', message: `Variable '${name}' is a read only variable` });
    default: state.gateVariables.set(name, text);
  }
}

function truth(name: string, value: UserValue): boolean {
  const text = String(value.value ?? '').toLowerCase();
  if (text === '1' || text === 'on' || text === 'true') return true;
  if (text === '0' || text === 'off' || text === 'false') return false;
  throw wrongValue(name, text);
}

function wrongValue(name: string, text: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1010', mysql: ER.WRONG_VALUE_FOR_VAR, sqlState: '42000', grpc: 'INVALID_ARGUMENT', message: `Variable '${name}' can't be set to the value of '${text}'` });
}

/** Literals are known here; all else is asked. A bare word (`set sql_mode = ansi`) is its own text. */
async function givenValue(home: SetHome, expression: Expression): Promise<UserValue> {
  switch (expression.kind) {
    case 'null': return { type: TYPE.NULL_TYPE, value: null };
    case 'bool': return { type: TYPE.INT64, value: Buffer.from(expression.value ? '1' : '0') };
    case 'string': return expression.introducer === undefined ? { type: TYPE.VARCHAR, value: Buffer.from(expression.value) } : home.evaluate(expression);
    case 'number': return { type: expression.type === 'integer' ? TYPE.INT64 : expression.type === 'decimal' ? TYPE.DECIMAL : TYPE.FLOAT64, value: Buffer.from(expression.text) };
    case 'column': return expression.table === undefined ? { type: TYPE.VARCHAR, value: Buffer.from(expression.name) } : home.evaluate(expression);
    case 'userVariable': return home.state.userVariable(expression.name) ?? { type: TYPE.NULL_TYPE, value: null };
    default: return home.evaluate(expression);
  }
}

/** The SQL text of a value that every connection of the session is given. */
async function settingText(home: SetHome, expression: Expression): Promise<string> {
  if (expression.kind === 'number' || expression.kind === 'bool' || expression.kind === 'null') return printExpression(expression);
  const value = await givenValue(home, expression);
  if (value.value === null) return 'null';
  // Read by fresh connections in their default mode and by held ones in the session's: a backslash must mean the same to both.
  return value.value.includes(BACKSLASH) ? `_utf8mb4 x'${value.value.toString('hex')}'` : sqlLiteral(value.type, value.value).toString('utf8');
}
