import { describe, expect, it } from 'vitest';
import { networks, readProxyHeader } from './proxyProtocol.ts';

const v2 = (command: number, family: number, body: readonly number[]) =>
  Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from([command, family, body.length >> 8, body.length & 0xff, ...body])]);

describe('the PROXY protocol', () => {
  it('reads both versions, however they arrive', () => {
    for (const [bytes, source] of [
      [Buffer.from('PROXY TCP4 192.0.2.9 10.0.0.1 4711 3306\r\n'), { address: '192.0.2.9', port: 4711 }],
      [Buffer.from('PROXY TCP6 2001:db8::1 ::1 65535 3306\r\n'), { address: '2001:db8::1', port: 65535 }],
      [Buffer.from('PROXY UNKNOWN\r\n'), undefined],
      [v2(0x21, 0x11, [192, 0, 2, 9, 10, 0, 0, 1, 0x12, 0x67, 0x0c, 0xea]), { address: '192.0.2.9', port: 4711 }],
      [v2(0x21, 0x21, [...new Array<number>(15).fill(0), 1, ...new Array<number>(16).fill(0), 0, 80, 0, 1]), { address: '0:0:0:0:0:0:0:1', port: 80 }],
      [v2(0x20, 0, []), undefined],
    ] as const) {
      for (let cut = 0; cut < bytes.length; cut++) expect(readProxyHeader(bytes.subarray(0, cut))).toEqual({ kind: 'partial' });
      expect(readProxyHeader(Buffer.concat([bytes, Buffer.from('rest')]))).toEqual({ kind: 'header', end: bytes.length, source });
    }
  });

  it('refuses what is none', () => {
    for (const text of ['GET / HTTP/1.1', 'PROXY TCP4 nonsense 1 2 3\r\n', `PROXY TCP4 ${'1'.repeat(120)}`, 'PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n', '\x20\0\0\x01']) {
      expect(() => readProxyHeader(Buffer.from(text, 'latin1'))).toThrow(/PROXY/);
    }
    expect(() => readProxyHeader(v2(0x31, 0x11, []))).toThrow(/PROXY/);
  });

  it('knows its networks', () => {
    const trusted = networks(['10.0.0.0/8', '127.0.0.1', '2001:db8::/32']);
    expect(['10.9.8.7', '::ffff:10.1.1.1', '127.0.0.1', '2001:db8:1::5', '11.0.0.1', '127.0.0.2', '::1', ''].map(trusted)).toEqual([true, true, true, true, false, false, false, false]);
    expect(() => networks(['10.0.0.0/99'])).toThrow(/no network/);
  });
});
