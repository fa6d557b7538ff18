import { readFileSync } from 'node:fs';
import { Metadata } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { VtrewindError } from '../base/errors.ts';
import { fromServiceError, toServiceError } from './grpcErrors.ts';

const recorded = readFileSync(new URL('../../test/fixtures/grpc/errors.tsv', import.meta.url), 'utf8').trim().split('\n').slice(1).map((line) => line.split('\t'));
const service = (code: number, details: string) => Object.assign(new Error(details), { code, details, metadata: new Metadata() });

for (const [tag, , , number, message = ''] of recorded) {
  it(`reads ${tag} as vttablet sends it`, () => {
    const error = fromServiceError(service(Number(number), message), 'tablet');
    const m = /\(errno (\d+)\) \(sqlstate (.{5})\)/.exec(message);
    if (m !== null) expect([error.mysql, error.sqlState]).toEqual([Number(m[1]), m[2]]);
    expect(error.message).not.toMatch(/CallerID|Sql:|errno/);
    expect(error.message.length).toBeGreaterThan(5);
  });
}

it('gives a MySQL error the status that vttablet gives it', () => {
  for (const [tag, , , number, message = ''] of recorded) {
    const m = /^(.*?) \(errno (\d+)\) \(sqlstate (.{5})\)/.exec(message);
    if (m === null || Number(m[2]) === 3024) continue;
    const sent = toServiceError(new VtrewindError({ code: 'VTR0800', mysql: Number(m[2]), sqlState: m[3]!, message: m[1]! }));
    expect(sent.code, tag).toBe(Number(number));
    expect(message.startsWith(sent.details!), tag).toBe(true);
  }
});

it('carries our own errors whole: code, number, state, text and hint', () => {
  const error = new VtrewindError({ code: 'VTR0001', mysql: 1290, sqlState: 'HY000', message: 'keyspace r is a snapshot of c', hint: 'schreib anderswohin: ü' });
  const sent = toServiceError(error, 'root');
  const back = fromServiceError(Object.assign(new Error(), sent), 'tablet');
  expect({ code: back.code, mysql: back.mysql, sqlState: back.sqlState, message: back.message, hint: back.hint }).toEqual({ code: 'VTR0001', mysql: 1290, sqlState: 'HY000', message: error.message, hint: error.hint });
});

it('names the peer when the connection itself failed', () => {
  const error = fromServiceError(service(14, 'No connection established. Last error: connect ECONNREFUSED'), 'tablet at h:1');
  expect(error.grpc).toBe('UNAVAILABLE');
  expect(error.message).toContain('tablet at h:1');
});
