import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import type { ParameterType } from '../../mysql/packets/statementPackets.ts';
import { statementIdOf } from '../../mysql/packets/statementPackets.ts';
import type { NormalizedQuery } from '../../sql/index.ts';

/** A statement that a client prepared. */
export interface PreparedStatement {
  readonly id: number;
  readonly text: Buffer;
  readonly query: NormalizedQuery;
  readonly parameters: number;
  /** Offsets of `?` in the text where they are not binds (SET, SHOW, CALL, …): values are written in their place. */
  readonly marks: readonly number[];
  types: readonly ParameterType[] | undefined;
  readonly longData: Map<number, Buffer[]>;
  longBytes: number;
}

/** A session's prepared statements. Bounded in number, and in the bytes that SEND_LONG_DATA may bring. */
export class PreparedStatements {
  readonly #statements = new Map<number, PreparedStatement>();
  readonly #max: number;
  readonly #maxLongBytes: number;
  #lastId = 0;

  constructor(max: number, maxLongBytes: number) {
    this.#max = max;
    this.#maxLongBytes = maxLongBytes;
  }

  get size(): number {
    return this.#statements.size;
  }

  /** Throws 1461 beyond the bound. */
  add(text: Buffer, query: NormalizedQuery, parameters: number, marks: readonly number[]): PreparedStatement {
    if (this.#statements.size >= this.#max) {
      throw new VtrewindError({
        code: 'VTR1011', mysql: ER.MAX_PREPARED_STMT_COUNT_REACHED, sqlState: '42000', grpc: 'RESOURCE_EXHAUSTED',
        message: `Can't create more than max_prepared_stmt_count statements (current value: ${this.#max})`,
      });
    }
    const statement: PreparedStatement = { id: ++this.#lastId, text, query, parameters, marks, types: undefined, longData: new Map(), longBytes: 0 };
    this.#statements.set(statement.id, statement);
    return statement;
  }

  /** The statement a command names. Throws 1243 when it is not there. */
  of(payload: Buffer, command: string): PreparedStatement {
    const id = statementIdOf(payload);
    const statement = this.#statements.get(id);
    if (statement === undefined) {
      throw new VtrewindError({ code: 'VTR1012', mysql: ER.UNKNOWN_STMT_HANDLER, grpc: 'NOT_FOUND', message: `Unknown prepared statement handler (${id}) given to ${command}` });
    }
    return statement;
  }

  close(payload: Buffer): void {
    this.#statements.delete(statementIdOf(payload));
  }

  /** COM_STMT_SEND_LONG_DATA has no answer: what is wrong with it is said at execute, by dropping the statement's data as too much. */
  longData(payload: Buffer): void {
    const statement = this.#statements.get(statementIdOf(payload));
    if (statement === undefined || payload.length < 7) return;
    const parameter = payload.readUInt16LE(5);
    statement.longBytes += payload.length - 7;
    if (parameter >= statement.parameters || statement.longBytes > this.#maxLongBytes) return;
    const parts = statement.longData.get(parameter) ?? [];
    parts.push(Buffer.from(payload.subarray(7)));
    statement.longData.set(parameter, parts);
  }

  /** Throws 1153 when more long data came than is allowed. */
  checkLongData(statement: PreparedStatement): void {
    if (statement.longBytes <= this.#maxLongBytes) return;
    this.reset(statement);
    throw new VtrewindError({ code: 'VTR1013', mysql: ER.NET_PACKET_TOO_LARGE, sqlState: '08S01', grpc: 'RESOURCE_EXHAUSTED', message: `Parameter of prepared statement which is set through mysql_send_long_data() is longer than ${this.#maxLongBytes} bytes` });
  }

  reset(statement: PreparedStatement): void {
    statement.longData.clear();
    statement.longBytes = 0;
  }

  clear(): void {
    this.#statements.clear();
  }
}
