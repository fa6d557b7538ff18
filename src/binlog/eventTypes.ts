/**
 * Event type codes of both flavours as they stand in byte 4 of an event header. Codes up to 42 are MySQL's (MariaDB shares those up to 38 that it
 * knows), 160 and up are MariaDB's own. Sources: MySQL's "Replication protocol" and MariaDB's knowledge base, "Replication Protocol".
 */
export const EVENT = {
  START_V3: 1, QUERY: 2, STOP: 3, ROTATE: 4, INTVAR: 5, SLAVE: 7, APPEND_BLOCK: 9, DELETE_FILE: 11, RAND: 13, USER_VAR: 14, FORMAT_DESCRIPTION: 15, XID: 16,
  BEGIN_LOAD_QUERY: 17, EXECUTE_LOAD_QUERY: 18, TABLE_MAP: 19, WRITE_ROWS_V1: 23, UPDATE_ROWS_V1: 24, DELETE_ROWS_V1: 25, INCIDENT: 26,
  HEARTBEAT: 27, IGNORABLE: 28, ROWS_QUERY: 29, WRITE_ROWS_V2: 30, UPDATE_ROWS_V2: 31, DELETE_ROWS_V2: 32, GTID: 33, ANONYMOUS_GTID: 34,
  PREVIOUS_GTIDS: 35, TRANSACTION_CONTEXT: 36, VIEW_CHANGE: 37, XA_PREPARE: 38, PARTIAL_UPDATE_ROWS: 39, TRANSACTION_PAYLOAD: 40,
  HEARTBEAT_V2: 41, GTID_TAGGED: 42,
  MARIADB_ANNOTATE_ROWS: 160, MARIADB_BINLOG_CHECKPOINT: 161, MARIADB_GTID: 162, MARIADB_GTID_LIST: 163, MARIADB_START_ENCRYPTION: 164,
  MARIADB_QUERY_COMPRESSED: 165, MARIADB_WRITE_ROWS_COMPRESSED_V1: 166, MARIADB_UPDATE_ROWS_COMPRESSED_V1: 167, MARIADB_DELETE_ROWS_COMPRESSED_V1: 168,
  MARIADB_WRITE_ROWS_COMPRESSED: 169, MARIADB_UPDATE_ROWS_COMPRESSED: 170, MARIADB_DELETE_ROWS_COMPRESSED: 171,
} as const;

const names = new Map<number, string>(Object.entries(EVENT).map(([name, code]) => [code, name]));

/** The name of an event type for messages and logs; unknown ones as `UNKNOWN_n`. */
export function eventTypeName(type: number): string {
  return names.get(type) ?? `UNKNOWN_${type}`;
}

/** Flags of the common header (bytes 17 and 18). */
export const EVENT_FLAG = { BINLOG_IN_USE: 0x1, THREAD_SPECIFIC: 0x4, SUPPRESS_USE: 0x8, ARTIFICIAL: 0x20, RELAY_LOG: 0x40, IGNORABLE: 0x80, NO_FILTER: 0x100, MTS_ISOLATE: 0x200 } as const;
