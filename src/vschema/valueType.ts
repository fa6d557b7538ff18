/**
 * Vitess's `query.Type` by name: the numbers in which values and columns carry their type.
 * Source: query.proto, enum Type; the low byte is the member, the rest are flags.
 */
export const valueTypes = {
  NULL_TYPE: 0, INT8: 257, UINT8: 770, INT16: 259, UINT16: 772, INT24: 261, UINT24: 774, INT32: 263, UINT32: 776, INT64: 265, UINT64: 778,
  FLOAT32: 1035, FLOAT64: 1036, TIMESTAMP: 2061, DATE: 2062, TIME: 2063, DATETIME: 2064, YEAR: 785, DECIMAL: 18, TEXT: 6163, BLOB: 10260,
  VARCHAR: 6165, VARBINARY: 10262, CHAR: 6167, BINARY: 10264, BIT: 2073, ENUM: 2074, SET: 2075, TUPLE: 28, GEOMETRY: 2077, JSON: 2078,
  EXPRESSION: 31, HEXNUM: 4128, HEXVAL: 4129, BITNUM: 4130, VECTOR: 2083, RAW: 2084, ROW_TUPLE: 2085,
} as const;

export type ValueTypeName = keyof typeof valueTypes;

const isIntegral = 256;
const isUnsigned = 512;

/** INT8 to INT64: integers that may be negative. */
export function isSignedType(type: number): boolean {
  return (type & isIntegral) !== 0 && (type & isUnsigned) === 0;
}

/** The number of a type name in any case; undefined when Vitess has no such type. */
export function valueTypeNumber(name: string): number | undefined {
  const known: Readonly<Record<string, number>> = valueTypes;
  return Object.hasOwn(known, name.toUpperCase()) ? known[name.toUpperCase()] : undefined;
}

/** The name of a type number; undefined when Vitess has no such type. */
export function valueTypeName(type: number): ValueTypeName | undefined {
  return names.get(type);
}

const names = new Map<number, ValueTypeName>(Object.entries(valueTypes).map(([name, type]) => [type, name as ValueTypeName]));
