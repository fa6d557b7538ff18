import { describe, expect, it } from 'vitest';
import { markerName, readMarker } from './transactionMarker.ts';

const marker = { id: '0123456789abcdef0123456789', index: 3, count: 12_345 };

describe('the marker of a transaction over several shards', () => {
  it('is read back from the statement as servers log it', () => {
    expect(readMarker(`SAVEPOINT \`${markerName(marker)}\``)).toEqual(marker);
  });
  it('fits a MySQL name', () => {
    expect(markerName({ ...marker, index: 99_999, count: 99_999 }).length).toBeLessThanOrEqual(64);
  });
  it('is nothing else', () => {
    for (const text of ['SAVEPOINT `b`', 'SAVEPOINT `vtrewind_dt_12_0_2`', `ROLLBACK TO \`${markerName(marker)}\``, `select 'SAVEPOINT \`${markerName(marker)}\`'`, 'BEGIN']) expect(readMarker(text)).toBeUndefined();
  });
});
