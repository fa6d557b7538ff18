import { isAbsolute, join } from 'node:path';
import { VtrewindError } from '../base/errors.ts';
import { type Destination, formatDestination } from './destination.ts';
import { valueTypeName, valueTypeNumber, valueTypes } from './valueType.ts';
import { createVindex } from './vindexes/createVindex.ts';
import type { SingleColumnVindex, Vindex, VindexValue } from './vindexes/vindex.ts';

/** Parameters that name files. */
const pathParams = ['json_path', 'region_map'];

export interface VindexJsonOptions {
  /** Where files named by parameters are when their path is relative; default the working directory. */
  readonly directory?: string | undefined;
}

/**
 * One line of `vtrewind vindex --jsonl`. In: `{"vindex", "params", "op", "inputType", "inputHex", "ksidHex"}`; `op` is `map` (default), `verify`, `reverseMap`
 * or `create`; `inputType` a query.Type name and `inputHex` the value's text in hexadecimal, both lists for several columns, absent for NULL.
 * Out: `{"ksidHex", "destination": "KeyspaceID"}`, `{"destination": "DestinationNone()"}` and the like, `{"verify"}`,
 * `{"input", "inputType", "inputHex"}` for reverseMap, `{"destination": "cost=…"}` for create, or `{"error"}`. Never throws.
 */
export function vindexJsonLine(line: string, options: VindexJsonOptions = {}): string {
  try {
    return JSON.stringify(answer(readRequest(line), options));
  } catch (error) {
    return JSON.stringify({ error: VtrewindError.from(error).message });
  }
}

interface Request {
  readonly vindex: string;
  readonly prefix: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly op: string;
  /** One value a column. */
  readonly row: readonly VindexValue[];
  readonly keyspaceId: Buffer;
}

function answer(request: Request, options: VindexJsonOptions): object {
  const params = resolvePaths(request.params, options.directory);
  const created = createVindex(request.vindex, request.vindex, params);
  const vindex = request.prefix ? prefixOf(created) : created;
  switch (request.op) {
    case 'create':
      return { destination: `cost=${vindex.cost} unique=${vindex.unique} needsVCursor=${vindex.needsLookup} unknownParams=[${vindex.unknownParams.join(' ')}]` };
    case 'map': return printDestination(mapRow(vindex, request.row));
    case 'verify': return { verify: verifyRow(vindex, request.row, request.keyspaceId) };
    case 'reverseMap': return printValue(reverse(vindex, request.keyspaceId));
    default: throw bad(`unknown op ${JSON.stringify(request.op)}: map, verify, reverseMap or create`);
  }
}

function mapRow(vindex: Vindex, row: readonly VindexValue[]): Destination {
  switch (vindex.kind) {
    case 'single': return vindex.mapOne(onlyValue(vindex, row));
    case 'multi': return vindex.mapOne(row);
    case 'lookup': throw needsLookup(vindex);
    default: return vindex satisfies never;
  }
}

function verifyRow(vindex: Vindex, row: readonly VindexValue[], keyspaceId: Buffer): boolean {
  switch (vindex.kind) {
    case 'single': return vindex.verify([onlyValue(vindex, row)], [keyspaceId])[0] ?? false;
    case 'multi': return vindex.verify([row], [keyspaceId])[0] ?? false;
    case 'lookup': throw needsLookup(vindex);
    default: return vindex satisfies never;
  }
}

function reverse(vindex: Vindex, keyspaceId: Buffer): VindexValue {
  const [value] = vindex.kind === 'single' ? (vindex.reverseMap?.([keyspaceId]) ?? []) : [];
  if (value === undefined) throw bad(`vindex ${vindex.type} is not reversible`);
  return value;
}

function onlyValue(vindex: Vindex, row: readonly VindexValue[]): VindexValue {
  const [value] = row;
  if (value === undefined || row.length !== 1) throw bad(`vindex ${vindex.type} takes one column, got ${row.length}`);
  return value;
}

function prefixOf(vindex: Vindex): SingleColumnVindex {
  const prefix = vindex.kind === 'single' ? vindex.prefixVindex : undefined;
  if (prefix === undefined) throw bad(`vindex ${vindex.type} has no prefix form`);
  return prefix;
}

function printDestination(destination: Destination): object {
  if (destination.kind === 'keyspaceId') return { ksidHex: destination.keyspaceId.toString('hex'), destination: 'KeyspaceID' };
  return { destination: formatDestination(destination) };
}

function printValue(value: VindexValue): object {
  return { input: value.value?.toString() ?? null, inputType: valueTypeName(value.type) ?? String(value.type), inputHex: value.value?.toString('hex') };
}

function resolvePaths(params: Readonly<Record<string, string>>, directory: string | undefined): Readonly<Record<string, string>> {
  if (directory === undefined) return params;
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, pathParams.includes(name) && !isAbsolute(value) ? join(directory, value) : value]));
}

function readRequest(line: string): Request {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch (error) {
    throw bad(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw bad('a line is one JSON object');
  const { vindex, params, op, inputType, inputHex, ksidHex } = fields as Record<string, unknown>;
  if (typeof vindex !== 'string') throw bad('vindex: expected the name of a vindex type');
  const prefixed = /^(\S+) \(prefix vindex/.exec(vindex);
  const types = Array.isArray(inputType) ? inputType : [inputType];
  const texts = Array.isArray(inputHex) ? inputHex : [inputHex];
  const columns = Math.max(types.length, texts.length);
  return {
    vindex: prefixed?.[1] ?? vindex,
    prefix: prefixed !== null,
    params: readParams(params),
    op: op === undefined || op === null ? 'map' : String(op),
    row: Array.from({ length: columns }, (_, at) => readValue(types[at], texts[at])),
    keyspaceId: readHex(ksidHex ?? '', 'ksidHex'),
  };
}

function readParams(params: unknown): Readonly<Record<string, string>> {
  if (params === undefined || params === null) return {};
  if (typeof params !== 'object' || Array.isArray(params)) throw bad('params: expected an object of strings');
  return Object.fromEntries(Object.entries(params).map(([name, value]) => {
    if (typeof value !== 'string') throw bad(`params.${name}: expected a string`);
    return [name, value];
  }));
}

function readValue(type: unknown, hex: unknown): VindexValue {
  if (type === undefined || type === null) return hex === undefined || hex === null ? { type: valueTypes.NULL_TYPE } : { type: valueTypes.VARBINARY, value: readHex(hex, 'inputHex') };
  const number = typeof type === 'number' ? type : valueTypeNumber(String(type));
  if (number === undefined) throw bad(`inputType: unknown type ${JSON.stringify(type)}`);
  if (hex === undefined || hex === null) return { type: valueTypes.NULL_TYPE };
  return { type: number, value: readHex(hex, 'inputHex') };
}

function readHex(hex: unknown, field: string): Buffer {
  if (typeof hex !== 'string' || !/^(?:[0-9a-f]{2})*$/i.test(hex)) throw bad(`${field}: expected hexadecimal digits in pairs`);
  return Buffer.from(hex, 'hex');
}

function needsLookup(vindex: Vindex): VtrewindError {
  return bad(`vindex ${vindex.type} maps by queries to its lookup table, which only a gate can make`);
}

function bad(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1317', grpc: 'INVALID_ARGUMENT', message });
}
