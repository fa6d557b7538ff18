import { VtrewindError } from '../../base/errors.ts';
import type { EngineSession } from '../../engine/vcursor.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { STATUS } from '../../mysql/constants/statusFlags.ts';
import type { QueryResult } from '../../vitess/queryService.ts';
import { NO_TARGET, type SessionTarget } from './target.ts';
import type { SettingsState } from './settingsState.ts';

export interface Warning {
  readonly level: 'Note' | 'Warning' | 'Error';
  readonly code: number;
  readonly message: string;
}

export interface UserValue {
  readonly type: number;
  readonly value: Buffer | null;
}

/** What one client's session remembers between statements. The engine reads and writes part of it. */
export class SessionState implements EngineSession {
  readonly settings: SettingsState;
  readonly #maxUserVariables: number;
  readonly #inTransaction: () => boolean;
  /** The running statement has set `foundRows` itself. */
  #rowsCounted = false;
  target: SessionTarget = NO_TARGET;
  autocommit = true;
  transactionMode: 'SINGLE' | 'MULTI' | 'TWOPC' = 'MULTI';
  workload: 'OLTP' | 'OLAP' = 'OLTP';
  lastInsertId = 0n;
  foundRows = 0n;
  rowCount = -1n;
  warnings: Warning[] = [];
  readonly userVariables = new Map<string, UserValue>();
  /** Variables that the gate keeps and no server knows, by name. */
  readonly gateVariables = new Map<string, string>();
  /** SET TRANSACTION without a scope: for the next transaction. */
  nextTransaction: string[] = [];
  /** PREPARE name FROM …. */
  readonly namedStatements = new Map<string, Buffer>();

  constructor(settings: SettingsState, maxUserVariables: number, inTransaction: () => boolean) {
    this.settings = settings;
    this.#maxUserVariables = maxUserVariables;
    this.#inTransaction = inTransaction;
  }

  get inTransaction(): boolean {
    return this.#inTransaction();
  }

  /** The status flags a client sees. */
  get status(): number {
    return (this.autocommit ? STATUS.AUTOCOMMIT : 0) | (this.inTransaction ? STATUS.IN_TRANS : 0);
  }

  userVariable(name: string): UserValue | undefined {
    return this.userVariables.get(name.toLowerCase());
  }
  /** Throws VTR1007 beyond the bound. */
  setUserVariable(name: string, value: UserValue): void {
    const key = name.toLowerCase();
    if (!this.userVariables.has(key) && this.userVariables.size >= this.#maxUserVariables) {
      throw new VtrewindError({ code: 'VTR1007', mysql: ER.UNKNOWN_ERROR, grpc: 'RESOURCE_EXHAUSTED', message: `a session may have ${this.#maxUserVariables} user variables` });
    }
    this.userVariables.set(key, value);
  }
  systemVariable(name: string): string | undefined {
    return this.gateVariables.get(name) ?? this.settings.get(name);
  }
  setLastInsertId(id: bigint): void {
    this.lastInsertId = id;
  }
  /** What SQL_CALC_FOUND_ROWS counted: more than the rows that the running statement gives. */
  setFoundRows(rows: bigint): void {
    this.foundRows = rows;
    this.#rowsCounted = true;
  }
  addWarning(warning: { readonly code: number; readonly message: string; readonly level?: Warning['level'] }): void {
    if (this.warnings.length < 64) this.warnings.push({ level: warning.level ?? 'Warning', code: warning.code, message: warning.message });
  }

  /** COM_RESET_CONNECTION: as after login, but for the target, which stays. */
  reset(collation: number): void {
    this.settings.reset(collation);
    this.autocommit = true;
    this.workload = 'OLTP';
    this.lastInsertId = 0n;
    this.foundRows = 0n;
    this.rowCount = -1n;
    this.warnings = [];
    this.userVariables.clear();
    this.gateVariables.clear();
    this.nextTransaction = [];
    this.namedStatements.clear();
  }

  /** Before a statement that has diagnostics of its own. */
  begin(): void {
    this.#rowsCounted = false;
    if (this.warnings.length > 0) this.warnings = [];
  }

  /** What a statement's result means for `last_insert_id()`, `found_rows()` and `row_count()`. */
  remember(result: QueryResult): void {
    if (result.fields.length > 0) {
      this.rowsGiven(result.rows.length);
      return;
    }
    this.rowCount = result.rowsAffected;
    if (result.insertId !== 0n && result.insertIdChanged !== false) this.lastInsertId = result.insertId;
  }

  /** A statement gave this many rows. */
  rowsGiven(rows: number): void {
    if (!this.#rowsCounted) this.foundRows = BigInt(rows);
    this.#rowsCounted = false;
    this.rowCount = -1n;
  }

  failed(error: VtrewindError): void {
    this.warnings = [{ level: 'Error', code: error.mysql, message: error.message }];
    this.rowCount = -1n;
  }
}
