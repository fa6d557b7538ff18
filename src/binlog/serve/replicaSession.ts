import { VtrewindError } from '../../base/errors.ts';
import { nowMicros } from '../../base/time.ts';
import type { QueryResult } from '../../vitess/queryService.ts';
import type { ChecksumAlgorithm } from '../eventHeader.ts';
import type { ReplayFile, ReplaySourceDescription } from './replaySource.ts';
import { parseSessionStatement, type SessionExpression } from './sessionStatement.ts';

/** What a binlog server says of itself. */
export interface ServerIdentity {
  /** Found nowhere else in the replication topology: a replica refuses a source with its own id. */
  readonly serverId: number;
  readonly serverUuid: string;
}

export interface SessionFacts extends ServerIdentity {
  readonly describe: () => Promise<ReplaySourceDescription>;
  readonly files: () => Promise<readonly ReplayFile[]>;
  /** Answers `vtrewind_find_cut('{"at": …, "nearest": …}')`; absent: not offered. */
  readonly findCut?: ((question: string) => Promise<string>) | undefined;
  readonly replicas: () => readonly { readonly serverId: number; readonly host: string; readonly port: number }[];
}

/** query.Type numbers of Vitess: VARCHAR and INT64. */
const text = 6165;
const integer = 265;

/** One replica's conversation before its dump: user variables it sets, and answers about a server that is just binlogs. */
export class ReplicaSession {
  readonly #facts: SessionFacts;
  readonly #variables = new Map<string, string | null>();

  constructor(facts: SessionFacts) {
    this.#facts = facts;
  }

  /** A user variable the replica has set; its source and master spellings count as one. */
  variable(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.#variables.get(name);
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  }

  /** Nanoseconds in the variable, as milliseconds; undefined: no heartbeats wanted. */
  get heartbeatMs(): number | undefined {
    const nanos = Number(this.variable('source_heartbeat_period', 'master_heartbeat_period') ?? 0);
    return nanos > 0 ? Math.max(1, nanos / 1e6) : undefined;
  }

  /** Whether the replica takes events with checksums. */
  get checksum(): ChecksumAlgorithm {
    return this.variable('source_binlog_checksum', 'master_binlog_checksum')?.toUpperCase() === 'CRC32' ? 'crc32' : 'none';
  }

  /** Answers a COM_QUERY. Throws VTR1215 (1235) for what is none of a binlog server's business, 1193 for an unknown variable. */
  async query(sql: string): Promise<QueryResult> {
    const statement = parseSessionStatement(sql);
    switch (statement.type) {
      case 'nothing': return ok;
      case 'set':
        for (const { user, name, value } of statement.assignments) if (user) this.#variables.set(name, await this.#evaluate(value));
        return ok;
      case 'select': {
        const row: (string | null)[] = [];
        for (const { expression } of statement.columns) row.push(await this.#evaluate(expression));
        return table(statement.columns.map(({ name }) => name), [row]);
      }
      case 'purge':
        throw new VtrewindError({ code: 'VTR1216', mysql: 1227, sqlState: '42000', grpc: 'PERMISSION_DENIED', message: 'the archive is not purged over the MySQL protocol', hint: 'use: vtrewind log truncate' });
      case 'show':
        if (statement.what === 'variables') return await this.#showVariables(statement.like);
        return await this.#show(statement.what);
      default: throw new TypeError('unreachable');
    }
  }

  async #show(what: 'binaryLogs' | 'binlogStatus' | 'replicas' | 'warnings'): Promise<QueryResult> {
    if (what === 'warnings') return table(['Level', 'Code', 'Message'], []);
    if (what === 'replicas') {
      return table(['Server_Id', 'Host', 'Port', 'Source_Id', 'Replica_UUID'], this.#facts.replicas().map((replica) => [String(replica.serverId), replica.host, String(replica.port), String(this.#facts.serverId), '']));
    }
    const { flavour, state } = await this.#facts.describe();
    const files = await this.#facts.files();
    if (what === 'binaryLogs') {
      return flavour === 'mysql'
        ? table(['Log_name', 'File_size', 'Encrypted'], files.map(({ file, endPosition }) => [file, String(endPosition), 'No']))
        : table(['Log_name', 'File_size'], files.map(({ file, endPosition }) => [file, String(endPosition)]));
    }
    const last = files.at(-1);
    const columns = ['File', 'Position', 'Binlog_Do_DB', 'Binlog_Ignore_DB'];
    if (last === undefined) return table(columns, []);
    const row = [last.file, String(last.endPosition), '', ''];
    return flavour === 'mysql' ? table([...columns, 'Executed_Gtid_Set'], [[...row, state.toString()]]) : table(columns, [row]);
  }

  async #showVariables(like: string): Promise<QueryResult> {
    const pattern = new RegExp(`^${like.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*').replaceAll('_', '.')}$`);
    const rows: (string | null)[][] = [];
    for (const [name, value] of Object.entries(await this.#systemVariables())) if (pattern.test(name)) rows.push([name, value]);
    return table(['Variable_name', 'Value'], rows);
  }

  async #evaluate(expression: SessionExpression): Promise<string | null> {
    switch (expression.type) {
      case 'literal': return expression.value;
      case 'user': return this.#variables.get(expression.name) ?? null;
      case 'system': {
        const value = (await this.#systemVariables())[expression.name];
        if (value !== undefined) return value === 'ON' && expression.name.startsWith('log_') ? '1' : value;
        throw new VtrewindError({ code: 'VTR1217', mysql: 1193, grpc: 'NOT_FOUND', message: `Unknown system variable '${expression.name}'` });
      }
      default: return await this.#call(expression.name, expression.args);
    }
  }

  async #call(name: string, args: readonly SessionExpression[]): Promise<string | null> {
    switch (name) {
      case 'unix_timestamp': return String(Math.floor(nowMicros() / 1_000_000));
      case 'now': case 'sysdate': return new Date(nowMicros() / 1000).toISOString().slice(0, 19).replace('T', ' ');
      case 'version': return (await this.#facts.describe()).serverVersion;
      case 'binlog_gtid_pos': return (await this.#facts.describe()).startState.toString();
      case 'database': case 'schema': return null;
      case 'connection_id': return '1';
      case 'vtrewind_find_cut': {
        const question = args[0] === undefined ? null : await this.#evaluate(args[0]);
        if (this.#facts.findCut !== undefined && question !== null) return await this.#facts.findCut(question);
        break;
      }
      default:
    }
    throw new VtrewindError({ code: 'VTR1218', mysql: 1305, sqlState: '42000', grpc: 'NOT_FOUND', message: `FUNCTION ${name} does not exist on a binlog server` });
  }

  async #systemVariables(): Promise<Readonly<Record<string, string>>> {
    const { serverId, serverUuid } = this.#facts;
    const { flavour, serverVersion, state, startState } = await this.#facts.describe();
    const common = {
      server_id: String(serverId), version: serverVersion, version_comment: 'vtrewind binlog archive', binlog_checksum: 'CRC32', log_bin: 'ON', log_slave_updates: 'ON', binlog_format: 'ROW',
      time_zone: '+00:00', system_time_zone: 'UTC', collation_server: 'utf8mb4_general_ci', character_set_server: 'utf8mb4', max_allowed_packet: '1073741824', read_only: '1', sql_mode: '',
      autocommit: '1', wait_timeout: '28800', lower_case_table_names: '0',
    };
    if (flavour === 'mysql') {
      return { ...common, server_uuid: serverUuid, gtid_mode: 'ON', enforce_gtid_consistency: 'ON', gtid_executed: state.toString(), gtid_purged: startState.toString(), log_replica_updates: 'ON', super_read_only: '1' };
    }
    return { ...common, gtid_domain_id: '0', gtid_strict_mode: '1', gtid_binlog_pos: state.toString(), gtid_current_pos: state.toString(), gtid_binlog_state: state.toString(), gtid_slave_pos: state.toString() };
  }
}

const ok: QueryResult = { fields: [], rows: [], rowsAffected: 0n, insertId: 0n };

function table(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): QueryResult {
  return {
    // numbers are told by their values: replicas compare them as text, tools print them
    fields: columns.map((name, i) => {
      const number = rows.length > 0 && rows.every((row) => row[i] !== null && /^\d{1,18}$/.test(row[i] ?? ''));
      return number ? { name, type: integer, charset: 63, columnLength: 20 } : { name, type: text, charset: 45, columnLength: 65_535 };
    }),
    rows: rows.map((row) => row.map((value) => (value === null ? null : Buffer.from(value)))), rowsAffected: 0n, insertId: 0n,
  };
}
