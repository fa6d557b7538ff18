/** Column type bytes of the protocol and how they map to Vitess's `query.Type` numbers. Source: MySQL "field_types.h"; Vitess `query.proto` (facts). */
export const COLUMN = {
  DECIMAL: 0x00, TINY: 0x01, SHORT: 0x02, LONG: 0x03, FLOAT: 0x04, DOUBLE: 0x05, NULL: 0x06, TIMESTAMP: 0x07, LONGLONG: 0x08,
  INT24: 0x09, DATE: 0x0a, TIME: 0x0b, DATETIME: 0x0c, YEAR: 0x0d, NEWDATE: 0x0e, VARCHAR: 0x0f, BIT: 0x10, TIMESTAMP2: 0x11,
  DATETIME2: 0x12, TIME2: 0x13, VECTOR: 0xf2, JSON: 0xf5, NEWDECIMAL: 0xf6, ENUM: 0xf7, SET: 0xf8, TINY_BLOB: 0xf9,
  MEDIUM_BLOB: 0xfa, LONG_BLOB: 0xfb, BLOB: 0xfc, VAR_STRING: 0xfd, STRING: 0xfe, GEOMETRY: 0xff,
} as const;

/** Column definition flags. Source: MySQL "Column Definition Flags". */
export const COLUMN_FLAG = {
  NOT_NULL: 1, PRI_KEY: 2, UNIQUE_KEY: 4, MULTIPLE_KEY: 8, BLOB: 16, UNSIGNED: 32, ZEROFILL: 64, BINARY: 128, ENUM: 256,
  AUTO_INCREMENT: 512, TIMESTAMP: 1024, SET: 2048, NO_DEFAULT_VALUE: 4096, ON_UPDATE_NOW: 8192, PART_KEY: 16384, NUM: 32768,
} as const;

/** Vitess `query.Type`. */
export const TYPE = {
  NULL_TYPE: 0, INT8: 257, UINT8: 770, INT16: 259, UINT16: 772, INT24: 261, UINT24: 774, INT32: 263, UINT32: 776, INT64: 265,
  UINT64: 778, FLOAT32: 1035, FLOAT64: 1036, TIMESTAMP: 2061, DATE: 2062, TIME: 2063, DATETIME: 2064, YEAR: 785, DECIMAL: 18,
  TEXT: 6163, BLOB: 10260, VARCHAR: 6165, VARBINARY: 10262, CHAR: 6167, BINARY: 10264, BIT: 2073, ENUM: 2074, SET: 2075,
  TUPLE: 28, GEOMETRY: 2077, JSON: 2078, EXPRESSION: 31, HEXNUM: 4128, HEXVAL: 4129, BITNUM: 4130, VECTOR: 2083, RAW: 2084, ROW_TUPLE: 2085,
} as const;

/** Collation id of binary strings. */
export const BINARY_COLLATION = 63;

/**
 * The Vitess type of a column as the protocol describes it. Strings are binary when their collation is 63 (as Vitess decides),
 * enum and set are told by flags because servers send them as STRING. Unknown type bytes give VARBINARY: their text still passes.
 */
export function vitessType(columnType: number, flags: number, charset: number): number {
  const unsigned = (flags & COLUMN_FLAG.UNSIGNED) !== 0;
  const binary = charset === BINARY_COLLATION;
  switch (columnType) {
    case COLUMN.TINY: return unsigned ? TYPE.UINT8 : TYPE.INT8;
    case COLUMN.SHORT: return unsigned ? TYPE.UINT16 : TYPE.INT16;
    case COLUMN.INT24: return unsigned ? TYPE.UINT24 : TYPE.INT24;
    case COLUMN.LONG: return unsigned ? TYPE.UINT32 : TYPE.INT32;
    case COLUMN.LONGLONG: return unsigned ? TYPE.UINT64 : TYPE.INT64;
    case COLUMN.FLOAT: return TYPE.FLOAT32;
    case COLUMN.DOUBLE: return TYPE.FLOAT64;
    case COLUMN.DECIMAL: case COLUMN.NEWDECIMAL: return TYPE.DECIMAL;
    case COLUMN.NULL: return TYPE.NULL_TYPE;
    case COLUMN.TIMESTAMP: case COLUMN.TIMESTAMP2: return TYPE.TIMESTAMP;
    case COLUMN.DATE: case COLUMN.NEWDATE: return TYPE.DATE;
    case COLUMN.TIME: case COLUMN.TIME2: return TYPE.TIME;
    case COLUMN.DATETIME: case COLUMN.DATETIME2: return TYPE.DATETIME;
    case COLUMN.YEAR: return TYPE.YEAR;
    case COLUMN.BIT: return TYPE.BIT;
    case COLUMN.JSON: return TYPE.JSON;
    case COLUMN.VECTOR: return TYPE.VECTOR;
    case COLUMN.GEOMETRY: return TYPE.GEOMETRY;
    case COLUMN.ENUM: return TYPE.ENUM;
    case COLUMN.SET: return TYPE.SET;
    case COLUMN.TINY_BLOB: case COLUMN.BLOB: case COLUMN.MEDIUM_BLOB: case COLUMN.LONG_BLOB: return binary ? TYPE.BLOB : TYPE.TEXT;
    case COLUMN.STRING:
      if (flags & COLUMN_FLAG.ENUM) return TYPE.ENUM;
      if (flags & COLUMN_FLAG.SET) return TYPE.SET;
      return binary ? TYPE.BINARY : TYPE.CHAR;
    case COLUMN.VARCHAR: case COLUMN.VAR_STRING:
      if (flags & COLUMN_FLAG.ENUM) return TYPE.ENUM;
      if (flags & COLUMN_FLAG.SET) return TYPE.SET;
      return binary ? TYPE.VARBINARY : TYPE.VARCHAR;
    default: return TYPE.VARBINARY;
  }
}

const columnTypes = new Map<number, { readonly type: number; readonly flags: number }>([
  [TYPE.NULL_TYPE, { type: COLUMN.NULL, flags: COLUMN_FLAG.BINARY }],
  [TYPE.INT8, { type: COLUMN.TINY, flags: 0 }], [TYPE.UINT8, { type: COLUMN.TINY, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.INT16, { type: COLUMN.SHORT, flags: 0 }], [TYPE.UINT16, { type: COLUMN.SHORT, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.INT24, { type: COLUMN.INT24, flags: 0 }], [TYPE.UINT24, { type: COLUMN.INT24, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.INT32, { type: COLUMN.LONG, flags: 0 }], [TYPE.UINT32, { type: COLUMN.LONG, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.INT64, { type: COLUMN.LONGLONG, flags: 0 }], [TYPE.UINT64, { type: COLUMN.LONGLONG, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.FLOAT32, { type: COLUMN.FLOAT, flags: 0 }], [TYPE.FLOAT64, { type: COLUMN.DOUBLE, flags: 0 }],
  [TYPE.DECIMAL, { type: COLUMN.NEWDECIMAL, flags: COLUMN_FLAG.BINARY }],
  [TYPE.TIMESTAMP, { type: COLUMN.TIMESTAMP, flags: COLUMN_FLAG.BINARY }], [TYPE.DATE, { type: COLUMN.DATE, flags: COLUMN_FLAG.BINARY }],
  [TYPE.TIME, { type: COLUMN.TIME, flags: COLUMN_FLAG.BINARY }], [TYPE.DATETIME, { type: COLUMN.DATETIME, flags: COLUMN_FLAG.BINARY }],
  [TYPE.YEAR, { type: COLUMN.YEAR, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.TEXT, { type: COLUMN.BLOB, flags: COLUMN_FLAG.BLOB }], [TYPE.BLOB, { type: COLUMN.BLOB, flags: COLUMN_FLAG.BLOB | COLUMN_FLAG.BINARY }],
  [TYPE.VARCHAR, { type: COLUMN.VAR_STRING, flags: 0 }], [TYPE.VARBINARY, { type: COLUMN.VAR_STRING, flags: COLUMN_FLAG.BINARY }],
  [TYPE.CHAR, { type: COLUMN.STRING, flags: 0 }], [TYPE.BINARY, { type: COLUMN.STRING, flags: COLUMN_FLAG.BINARY }],
  [TYPE.BIT, { type: COLUMN.BIT, flags: COLUMN_FLAG.UNSIGNED }],
  [TYPE.ENUM, { type: COLUMN.STRING, flags: COLUMN_FLAG.ENUM }], [TYPE.SET, { type: COLUMN.STRING, flags: COLUMN_FLAG.SET }],
  [TYPE.GEOMETRY, { type: COLUMN.GEOMETRY, flags: COLUMN_FLAG.BLOB | COLUMN_FLAG.BINARY }],
  [TYPE.JSON, { type: COLUMN.JSON, flags: COLUMN_FLAG.BLOB | COLUMN_FLAG.BINARY }],
  [TYPE.VECTOR, { type: COLUMN.VECTOR, flags: COLUMN_FLAG.BLOB | COLUMN_FLAG.BINARY }],
  [TYPE.HEXNUM, { type: COLUMN.VAR_STRING, flags: COLUMN_FLAG.BINARY }], [TYPE.HEXVAL, { type: COLUMN.VAR_STRING, flags: COLUMN_FLAG.BINARY }],
  [TYPE.BITNUM, { type: COLUMN.VAR_STRING, flags: COLUMN_FLAG.BINARY }],
]);

/** The protocol's type byte for a Vitess type, and the flags that belong to it. Unknown types are sent as VAR_STRING. */
export function columnType(vitess: number): { readonly type: number; readonly flags: number } {
  return columnTypes.get(vitess) ?? { type: COLUMN.VAR_STRING, flags: 0 };
}
