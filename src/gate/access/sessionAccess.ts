import { VtrewindError } from '../../base/errors.ts';
import { allowsKeyspace, FULL_ACCESS, type UserAccess } from '../../mysql/auth/userAccess.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import type { Plan, Scratch } from '../../planner/plan.ts';
import { type Statement, visit } from '../../sql/index.ts';
import { parseTarget, type SessionTarget } from '../session/target.ts';
import { commandWord, openStatements, readSchemaTables, readStatements, readWithin, shownSubjects } from './statementKinds.ts';

const SYSTEM_SCHEMA = 'information_schema';

/**
 * What one client may do, from its entry in the users file; an entry without rights may do all but what must be given by name. Statements are checked
 * when they are planned, so that a plan that is kept was allowed; kept plans are shared only by sessions of one {@link scope}.
 */
export class SessionAccess {
  readonly #rights: UserAccess;
  /** `user@host`, for messages. */
  readonly #account: string;
  readonly #limited: boolean;
  /** Two sessions with the same may share plans; empty: everything is allowed. */
  readonly scope: string;

  constructor(rights: UserAccess | undefined, account: string) {
    this.#rights = rights ?? FULL_ACCESS;
    this.#account = account;
    this.#limited = rights !== undefined;
    const { keyspaces, readOnly } = this.#rights;
    this.scope = keyspaces === undefined && !readOnly ? '' : JSON.stringify([keyspaces ?? null, readOnly]);
  }

  /** Whether sessions of that user are listed. Where no users file names rights everybody is, as KILL of them is refused anyway. */
  sees(user: string): boolean {
    return !this.#limited || this.mayKillAny || user === this.#account.slice(0, this.#account.lastIndexOf('@'));
  }

  /** Only some keyspaces. */
  get confined(): boolean {
    return this.#rights.keyspaces !== undefined;
  }
  get mayKillAny(): boolean {
    return this.#rights.mayKillAny;
  }

  allows(keyspace: string): boolean {
    return allowsKeyspace(this.#rights, keyspace);
  }

  /** Throws 1044 for a keyspace that is not one of the user's, whether it exists or not. */
  checkKeyspace(name: string): void {
    if (name === '' || !this.confined || this.allows(name) || name.toLowerCase() === SYSTEM_SCHEMA) return;
    throw this.#noDatabase(name);
  }

  /**
   * Before anything of a statement is done. Throws 1044 or 1142 for what belongs to other keyspaces, 1290 for a write of a user that only reads, 1227 for what
   * needs a right that the user lacks.
   */
  checkStatement(ast: Statement, target: SessionTarget, isKeyspace: (name: string) => boolean): void {
    const restoring = ast.kind === 'createSnapshotKeyspace' || ast.kind === 'dropSnapshotKeyspace';
    if (restoring && !this.#rights.mayRestore) throw this.#needs('MayRestore');
    if (this.scope === '') return;
    if (this.#rights.readOnly && !(restoring && this.#rights.mayRestore)) this.#checkReads(ast);
    if (this.confined) this.#checkConfined(ast, target, isKeyspace);
  }

  /** What names alone do not tell: where tables without a keyspace are, and where routing rules lead. */
  checkPlan(plan: Plan): void {
    if (this.scope === '') return;
    if (this.#rights.readOnly && (plan.writes || plan.multiShardWrites)) throw this.#readOnly();
    if (!this.confined) return;
    for (const { keyspace, table } of scratchOrigins(plan.root)) if (!this.allows(keyspace)) throw this.#noTable('SELECT', table);
    for (const used of plan.tablesUsed) {
      const keyspace = used.slice(0, used.indexOf('.'));
      if (!this.allows(keyspace) && keyspace.toLowerCase() !== SYSTEM_SCHEMA) throw this.#noTable(plan.queryType.toUpperCase(), used.slice(keyspace.length + 1));
    }
  }

  #checkReads(ast: Statement): void {
    if (!readStatements.has(ast.kind)) throw this.#readOnly();
    if (ast.kind === 'set' && ast.assignments.some((one) => one.kind === 'setVariable' && one.target.kind === 'systemVariable' && one.target.scope !== undefined && one.target.scope !== 'session')) throw this.#readOnly();
    visit(ast, { enter: (node) => {
      if (!readWithin(node)) throw this.#readOnly();
    } });
  }

  #checkConfined(ast: Statement, target: SessionTarget, isKeyspace: (name: string) => boolean): void {
    if (!openStatements.has(ast.kind)) throw this.#needs('a user of all keyspaces');
    if (ast.kind === 'show') {
      if (!shownSubjects.has(ast.what)) throw this.#needs('a user of all keyspaces');
      if (ast.schema !== undefined) this.checkKeyspace(keyspaceNamed(ast.schema, isKeyspace));
      if (ast.what === 'create database') this.checkKeyspace(ast.name ?? ast.schema ?? ast.table?.name ?? '');
    }
    if (ast.kind === 'explain' && ast.schema !== undefined) this.checkKeyspace(keyspaceNamed(ast.schema, isKeyspace));
    if (ast.kind === 'createDatabase' || ast.kind === 'dropDatabase' || ast.kind === 'createSnapshotKeyspace' || ast.kind === 'dropSnapshotKeyspace') this.checkKeyspace(ast.name);
    if (ast.kind === 'createSnapshotKeyspace') this.checkKeyspace(ast.base);
    if (ast.kind === 'use') this.checkKeyspace(parseTarget(ast.target ?? '').keyspace);
    const inSystem = target.keyspace.toLowerCase() === SYSTEM_SCHEMA;
    visit(ast, { enter: (node, parent) => {
      // A statement inside of EXPLAIN or SET STATEMENT must be one that may stand alone.
      if ((parent?.kind === 'explain' || parent?.kind === 'vexplain') && node === parent.statement && !openStatements.has(node.kind)) throw this.#needs('a user of all keyspaces');
      // The servers' files, and tables that name others in words of their own.
      if (node.kind === 'intoFile' || (node.kind === 'loadData' && !node.local) || (node.kind === 'function' && node.name.toLowerCase() === 'load_file')) throw this.#needs('FILE');
      if (node.kind === 'tableOption' && /^(union|connection|data directory|index directory|engine)$/i.test(node.name) && !/^[`'"]?(innodb|aria|memory)[`'"]?$/i.test(node.value)) throw this.#needs('a user of all keyspaces');
      if (node.kind !== 'tableName') return;
      if (node.schema === undefined && !inSystem) return;
      const schema = node.schema === undefined ? SYSTEM_SCHEMA : keyspaceNamed(node.schema, isKeyspace);
      if (schema.toLowerCase() === SYSTEM_SCHEMA ? !readSchemaTables.has(node.name.toLowerCase()) : !this.allows(schema)) throw this.#noTable(commandWord(ast.kind), node.name);
    } });
  }

  #user(): string {
    const at = this.#account.lastIndexOf('@');
    return `'${this.#account.slice(0, at)}'@'${this.#account.slice(at + 1)}'`;
  }
  #noDatabase(name: string): VtrewindError {
    return new VtrewindError({ code: 'VTR1031', mysql: ER.DBACCESS_DENIED_ERROR, sqlState: '42000', grpc: 'PERMISSION_DENIED', message: `Access denied for user ${this.#user()} to database '${name}'`, hint: "Keyspaces of the user's entry in the users file" });
  }
  #noTable(command: string, table: string): VtrewindError {
    return new VtrewindError({ code: 'VTR1032', mysql: ER.TABLEACCESS_DENIED_ERROR, sqlState: '42000', grpc: 'PERMISSION_DENIED', message: `${command} command denied to user ${this.#user()} for table '${table}'`, hint: "Keyspaces of the user's entry in the users file" });
  }
  #readOnly(): VtrewindError {
    return new VtrewindError({ code: 'VTR1033', mysql: ER.OPTION_PREVENTS_STATEMENT, sqlState: 'HY000', grpc: 'PERMISSION_DENIED', message: `user ${this.#user()} may only read: the gate is running with ReadOnly for it so it cannot execute this statement` });
  }
  #needs(what: string): VtrewindError {
    return new VtrewindError({ code: 'VTR1034', mysql: ER.SPECIFIC_ACCESS_DENIED_ERROR, sqlState: '42000', grpc: 'PERMISSION_DENIED', message: `Access denied; you need (at least one of) the ${what} privilege(s) for this operation` });
  }
}

/** The tables that a plan takes to the scratch server. */
function scratchOrigins(part: unknown): { readonly keyspace: string; readonly table: string }[] {
  if (Array.isArray(part)) return part.flatMap(scratchOrigins);
  if (typeof part !== 'object' || part === null || !('op' in part)) return [];
  const here = part.op === 'Scratch' ? (part as Scratch).inputs.map((input) => input.origin) : [];
  return [...here, ...Object.values(part).flatMap(scratchOrigins)];
}

/** The keyspace of a qualifier, which may carry a shard or a tablet type. */
function keyspaceNamed(text: string, isKeyspace: (name: string) => boolean): string {
  return isKeyspace(text) ? text : parseTarget(text).keyspace;
}
