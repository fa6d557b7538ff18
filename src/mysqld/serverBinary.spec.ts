import { describe, expect, it } from 'vitest';
import { renderOptionFile } from './optionFile.ts';
import { decodePosition, encodePosition, splitPosition } from './positionText.ts';
import { parseServerVersion } from './serverBinary.ts';
import { serverFolder } from './serverFolder.ts';

describe('parseServerVersion', () => {
  it.each([
    ['mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64 (Debian 12)', 'mariadb', '10.11.14', 101114],
    ['/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))', 'mysql', '9.7.4', 90704],
    ['mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)', 'mysql', '8.0.36', 80036],
  ] as const)('%s', (output, flavour, version, versionNumber) => {
    expect(parseServerVersion('x', output)).toEqual({ path: 'x', flavour, version, versionNumber });
  });
  it('refuses a program that is no server', () => {
    expect(() => parseServerVersion('x', 'GNU tar 1.34')).toThrow(/does not name/);
  });
});

describe('option file', () => {
  const mysql = parseServerVersion('mysqld', 'mysqld Ver 9.7.4 for Linux');
  it('keeps every commit, whatever else is asked for', () => {
    const text = renderOptionFile(mysql, serverFolder('/x'), { port: 3306, serverId: 7, quarantine: true });
    for (const line of ['sync_binlog=1', 'innodb_flush_log_at_trx_commit=1', 'skip_replica_start=ON', 'event_scheduler=OFF', 'super_read_only=ON']) expect(text).toContain(`\n${line}\n`);
  });
  it('lets no option smuggle in another line', () => {
    expect(() => renderOptionFile(mysql, serverFolder('/x'), { port: 3306, serverId: 7, extra: ['a=b\nread_only=OFF'] })).toThrow(/line break/);
  });
  it('moves a socket whose path would be too long', () => {
    expect(serverFolder(`/${'x'.repeat(120)}`).socket.length).toBeLessThan(107);
  });
});

describe('position text', () => {
  it('carries the flavour as Vitess writes it', () => {
    expect(encodePosition('mysql', 'u:1-5')).toBe('MySQL56/u:1-5');
    expect(splitPosition('MariaDB/0-1-5')).toEqual({ flavour: 'mariadb', position: '0-1-5' });
    expect(decodePosition('mariadb', '0-1-5')).toBe('0-1-5');
    expect(() => decodePosition('mysql', 'MariaDB/0-1-5')).toThrow();
  });
});
