/** Fields that are maps: their keys are data, not field names. Source: the vtctldata, topodata and vschema messages. */
const mapFields = new Set(['vindexes', 'tables', 'params', 'keyspaces', 'portMap', 'tags', 'unknownVindexParams', 'rowsAffectedByShard', 'shards', 'srvKeyspaces', 'names', 'aliases', 'throttledApps', 'appCheckedMetrics', 'metricThresholds']);

/**
 * A decoded message as vtctldclient prints it: JSON with two spaces, the proto's field names, enums as numbers, 64-bit numbers as text,
 * bytes in base64, absent messages as null.
 */
export function printMessage(message: unknown): string {
  return JSON.stringify(plain(message, false), null, 2);
}

function plain(value: unknown, keysAreData: boolean): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => plain(item, false));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '_unknownFields')
      .map(([key, item]) => [keysAreData ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), plain(item, mapFields.has(key) && !Array.isArray(item))]),
  );
}
