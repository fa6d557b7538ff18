import { VtrewindError } from '../../base/errors.ts';
import type { ClientStatement } from '../../mysql/clientConnection.ts';
import { CAPABILITY, has } from '../../mysql/constants/capabilities.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { COM } from '../../mysql/constants/commands.ts';
import { type WireField, writeColumnDefinition } from '../../mysql/packets/columnDefinition.ts';
import { writeEofPacket } from '../../mysql/packets/eofPacket.ts';
import { writePrepareOk } from '../../mysql/packets/statementPackets.ts';
import { encodeStatementExecute } from '../../mysql/packets/statementPackets.ts';
import type { Lease } from '../../mysql/pool.ts';
import type { MysqlServerConnection } from '../../mysql/serverConnection.ts';
import { bindLiteral } from '../../mysql/sqlLiteral.ts';
import { bindName, type NormalizedQuery } from '../../sql/index.ts';
import type { BindVariable, Field, Target } from '../../vitess/queryService.ts';
import type { FastRoute } from '../relay/fastRoute.ts';
import { pickShard } from '../relay/pickShard.ts';
import { commandBytes, executeBytes } from '../relay/requestBytes.ts';
import { HeadMemory } from '../relay/responseHead.ts';
import type { StatementRelay } from '../relay/statementRelay.ts';
import type { GateEnvironment } from './environment.ts';
import { MysqlLink } from './mysqlLink.ts';
import type { CachedPlan } from './planCache.ts';
import type { PreparedStatement } from './preparedStatements.ts';
import { typeFor } from './routing.ts';
import type { SessionShards } from './sessionShards.ts';
import type { SessionState } from './sessionState.ts';
import type { StatementRunner } from './statementRunner.ts';

/** How a statement is prepared on a tablet: its text there, and which of the client's parameters each `?` of it is. */
interface TabletStatement {
  /** What connections know it by. */
  readonly key: string;
  readonly text: Buffer;
  readonly order: readonly number[];
  /** The client's own order: its packet may be passed on. */
  readonly same: boolean;
  readonly head: HeadMemory;
}

export interface Described {
  readonly parameters: readonly (Field | WireField)[];
  readonly columns: readonly (Field | WireField)[];
}

/** Statements prepared on one pooled connection; far below the servers' default max_prepared_stmt_count over all connections. */
const MAX_PER_CONNECTION = 100;
/** Tablet's forms of statements, by plan. */
const forms = new WeakMap<CachedPlan, TabletStatement | null>();

/** Prepared statements that one shard answers: really prepared on its connections, lazily, and their rows passed through. */
export class PreparedRelay {
  readonly #env: GateEnvironment;
  readonly #client: MysqlServerConnection;
  readonly #state: SessionState;
  readonly #shards: SessionShards;
  readonly #runner: StatementRunner;
  readonly #relay: StatementRelay;

  constructor(env: GateEnvironment, client: MysqlServerConnection, state: SessionState, shards: SessionShards, runner: StatementRunner, relay: StatementRelay) {
    this.#env = env;
    this.#client = client;
    this.#state = state;
    this.#shards = shards;
    this.#runner = runner;
    this.#relay = relay;
  }

  /** What the client is told of its statement. A tablet is asked where one shard's text is known; otherwise columns come with the first execute. Throws what parsing, planning and the tablet throw. */
  async describe(text: Buffer, query: NormalizedQuery): Promise<Described> {
    if (query.binds.length === 0 && query.kind !== 'select' && !isDml(query.kind)) return { parameters: [], columns: [] };
    if (!isDml(query.kind) && query.kind !== 'select') return { parameters: [], columns: [] };
    const plan = this.#runner.planOf(query);
    const form = plan.fast === undefined ? null : this.#formOf(plan, plan.fast, text, query);
    const target = form === null || plan.fast === undefined ? undefined : this.#anyShard(plan.fast);
    if (form === null || target === undefined) return { parameters: [], columns: [] };
    const held = this.#shards.held(target);
    const link = held ?? (await this.#shards.open(target));
    try {
      if (!(link instanceof MysqlLink)) return { parameters: [], columns: [] };
      const prepared = await this.#on(link.lease, form);
      const { databaseName } = link.handle;
      const shown = (field: WireField) => (field.database === databaseName ? { ...field, database: target.keyspace } : field);
      return { parameters: prepared.parameters, columns: prepared.columns.map(shown) };
    } finally {
      if (held === undefined) link.release();
    }
  }

  /** COM_STMT_PREPARE's answer. */
  answer(statement: PreparedStatement, described: Described): void {
    const { writer, capabilities } = this.#client;
    const eof = !has(capabilities, CAPABILITY.DEPRECATE_EOF);
    const parameter: Field = { name: '?', type: 6165, charset: 63 };
    writer.begin();
    writePrepareOk(writer, { statementId: statement.id, columnCount: described.columns.length, parameterCount: statement.parameters, warnings: 0 });
    writer.end();
    const definitions = (fields: readonly (Field | WireField)[]) => {
      for (const field of fields) {
        writer.begin();
        writeColumnDefinition(writer, field);
        writer.end();
      }
      if (eof && fields.length > 0) {
        writer.begin();
        writeEofPacket(writer, { warnings: 0, status: this.#state.status });
        writer.end();
      }
    };
    definitions(Array.from({ length: statement.parameters }, (_, i) => described.parameters[i] ?? parameter));
    definitions(described.columns);
    this.#client.flush();
  }

  /** Passes an execute through. False: the engine must run it. */
  start(statement: PreparedStatement, payload: Buffer, values: readonly BindVariable[], finished: () => void): boolean {
    const { query } = statement;
    if (query.kind !== 'select' && !isDml(query.kind)) return false;
    const plan = this.#runner.planOf(query);
    const { fast } = plan;
    const form = fast === undefined ? null : this.#formOf(plan, fast, statement.text, query);
    if (fast === undefined || form === null) return false;
    const shards = this.#env.view.shards(fast.keyspace, fast.tabletType ?? typeFor(this.#env, this.#state.target, fast.keyspace, fast.snapshot));
    const shard = shards === undefined ? undefined : pickShard(fast, shards, (name) => this.#runner.bindsOf(query, [], values)[name]);
    if (shard === undefined) return false;
    this.#runner.beginIfNeeded(query.kind);
    this.#state.begin();
    const types = statement.types ?? [];
    const bytesFor = (prepared: { readonly id: number }) => (form.same
      ? executeBytes(payload, prepared.id, statement.parameters, types)
      : commandBytes(COM.STMT_EXECUTE, encodeStatementExecute(prepared.id, form.order.map((index) => values[index] ?? { type: 0 })).subarray(1)));
    return this.#relay.start({
      target: shard.target, outside: fast.snapshot, repeatable: fast.repeatable && !this.#shards.inTransaction, head: form.head,
      bytes: (lease) => {
        const known = lease.statements.get(form.key);
        return known === undefined ? this.#on(lease, form).then(bytesFor) : bytesFor(known);
      },
    }, finished);
  }

  async #on(lease: Lease, form: TabletStatement): Promise<ClientStatement> {
    const key = form.key;
    const known = lease.statements.get(key) as ClientStatement | undefined;
    if (known !== undefined) return known;
    if (lease.statements.size >= MAX_PER_CONNECTION) {
      for (const [oldest, statement] of lease.statements) {
        lease.statements.delete(oldest);
        lease.connection.closeStatement(statement as ClientStatement);
        break;
      }
    }
    const prepared = await lease.connection.prepare(form.text);
    if (prepared.parameters.length !== form.order.length) {
      throw new VtrewindError({ code: 'VTR1021', mysql: ER.WRONG_ARGUMENTS, grpc: 'INTERNAL', message: `the tablet counts ${prepared.parameters.length} parameters where the gate counts ${form.order.length}` });
    }
    lease.statements.set(key, prepared);
    return prepared;
  }

  #anyShard(fast: FastRoute): Target | undefined {
    const shards = this.#env.view.shards(fast.keyspace, fast.tabletType ?? typeFor(this.#env, this.#state.target, fast.keyspace, fast.snapshot)) ?? [];
    const { shard } = fast;
    if (shard.kind === 'named') return shards.find((one) => shard.target.kind === 'shard' && one.target.shard === shard.target.shard)?.target;
    return shards[0]?.target;
  }

  /** Null: its text on a tablet cannot be prepared (lists made of parameters, values of the session in it). */
  #formOf(plan: CachedPlan, fast: FastRoute, text: Buffer, query: NormalizedQuery): TabletStatement | null {
    const known = forms.get(plan);
    if (known !== undefined) return known;
    const made = plan.needs.length > 0 ? null : tabletStatement(fast, text, query, this.#runner.settings);
    // A verbatim text is the first client's; the same key with other literals would be another text, so only statements without literals share.
    if (query.binds.every((bind) => bind.param >= 0)) forms.set(plan, made);
    return made;
  }
}

function isDml(kind: string): boolean {
  return kind === 'insert' || kind === 'replace' || kind === 'update' || kind === 'delete';
}

function tabletStatement(fast: FastRoute, text: Buffer, query: NormalizedQuery, options: { readonly noBackslashEscapes: boolean }): TabletStatement | null {
  if (query.binds.some((bind) => bind.members?.some((member) => member.param >= 0) === true)) return null;
  const head = new HeadMemory();
  const byName = new Map<string, BindVariable & { readonly param: number }>();
  query.binds.forEach((bind, i) => { byName.set(bindName(query, i), bind as BindVariable & { readonly param: number }); });
  if (fast.verbatim) {
    const order = query.binds.map((bind) => bind.param).filter((param) => param >= 0).sort((a, b) => a - b);
    return formed(text.subarray(query.start, query.end), order, true, head);
  }
  const order: number[] = [];
  const parts: Buffer[] = [];
  for (const [i, part] of fast.template.texts.entries()) {
    parts.push(part);
    const name = fast.template.names[i];
    if (name === undefined) continue;
    const bind = byName.get(name);
    if (bind === undefined) return null;
    if (bind.param >= 0) {
      order.push(bind.param);
      parts.push(Buffer.from('?'));
    } else {
      parts.push(bindLiteral(bind, options));
    }
  }
  const same = order.every((param, i) => param === i) && order.length === query.binds.filter((bind) => bind.param >= 0).length;
  return formed(Buffer.concat(parts), order, same, head);
}

function formed(text: Buffer, order: readonly number[], same: boolean, head: HeadMemory): TabletStatement {
  return { key: text.toString('latin1'), text, order, same, head };
}
