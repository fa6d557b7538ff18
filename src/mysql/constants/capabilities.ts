/** Capability flags of the client/server protocol. Source: MySQL "Capabilities Flags". All fit 32 bits; keep them unsigned with `>>> 0`. */
export const CAPABILITY = {
  LONG_PASSWORD: 0x1,
  FOUND_ROWS: 0x2,
  LONG_FLAG: 0x4,
  CONNECT_WITH_DB: 0x8,
  NO_SCHEMA: 0x10,
  COMPRESS: 0x20,
  ODBC: 0x40,
  LOCAL_FILES: 0x80,
  IGNORE_SPACE: 0x100,
  PROTOCOL_41: 0x200,
  INTERACTIVE: 0x400,
  SSL: 0x800,
  IGNORE_SIGPIPE: 0x1000,
  TRANSACTIONS: 0x2000,
  RESERVED: 0x4000,
  SECURE_CONNECTION: 0x8000,
  MULTI_STATEMENTS: 0x1_0000,
  MULTI_RESULTS: 0x2_0000,
  PS_MULTI_RESULTS: 0x4_0000,
  PLUGIN_AUTH: 0x8_0000,
  CONNECT_ATTRS: 0x10_0000,
  PLUGIN_AUTH_LENENC_CLIENT_DATA: 0x20_0000,
  CAN_HANDLE_EXPIRED_PASSWORDS: 0x40_0000,
  SESSION_TRACK: 0x80_0000,
  DEPRECATE_EOF: 0x100_0000,
  OPTIONAL_RESULTSET_METADATA: 0x200_0000,
  ZSTD_COMPRESSION: 0x400_0000,
  QUERY_ATTRIBUTES: 0x800_0000,
  MULTI_FACTOR_AUTHENTICATION: 0x1000_0000,
} as const;

/** MariaDB's flags 32 to 63, as bits of the upper word. Source: MariaDB "Capabilities". */
export const MARIADB_CAPABILITY = {
  PROGRESS: 0x1,
  STMT_BULK_OPERATIONS: 0x4,
  EXTENDED_METADATA: 0x8,
  CACHE_METADATA: 0x10,
  BULK_UNIT_RESULTS: 0x20,
} as const;

/** Flags that change the bytes of a response, or what a statement answers: connections that differ in one of them cannot stand in for each other. Session tracking and optional metadata are the gate's own work, local files go by connections of their own. */
export const WIRE_SHAPE: number =
  CAPABILITY.FOUND_ROWS | CAPABILITY.DEPRECATE_EOF | CAPABILITY.IGNORE_SPACE | CAPABILITY.LONG_FLAG | CAPABILITY.MULTI_RESULTS | CAPABILITY.PS_MULTI_RESULTS;

/** Whether all bits of `flag` are set. */
export function has(capabilities: number, flag: number): boolean {
  return ((capabilities & flag) >>> 0) === flag;
}
