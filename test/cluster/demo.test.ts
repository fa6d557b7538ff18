import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCli } from '../support/cluster.ts';
import { findFlavour, hasFlavour } from '../support/servers.ts';

const folder = mkdtempSync(join(tmpdir(), 'vtrewind-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the demo holds all its checks on MariaDB, statements straight to mysqld', async () => {
  expect(await runCli(['demo', '--free-ports', '--data', join(folder, 'mariadb')])).toMatch(/12 of 12 checks held/);
}, 300_000);

it.runIf(await hasFlavour('mysql'))('the demo holds all its checks on MySQL 9, statements over gRPC', async () => {
  const mysqld = (await findFlavour('mysql'))?.path ?? '';
  expect(await runCli(['demo', '--free-ports', '--tablet-protocol', 'grpc', '--mysqld', mysqld, '--data', join(folder, 'mysql')])).toMatch(/12 of 12 checks held/);
}, 400_000);
