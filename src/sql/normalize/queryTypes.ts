/** The numbers of Vitess's query.Type that a literal can have. */
export const NULL_TYPE = 0;
export const DECIMAL = 18;
export const TUPLE = 28;
export const INT64 = 265;
export const UINT64 = 778;
export const FLOAT64 = 1036;
export const HEXNUM = 4128;
export const HEXVAL = 4129;
export const BITNUM = 4130;
export const VARCHAR = 6165;
export const VARBINARY = 10262;
