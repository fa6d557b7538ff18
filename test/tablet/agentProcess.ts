import { createLog } from '../../src/base/log.ts';
import { openStorage } from '../../src/storage/openStorage.ts';
import { runTablet } from '../../src/tablet/index.ts';
import { openTopo } from '../../src/topo/index.ts';
import { users } from './agentSettings.ts';

/** A tablet agent in a process of its own, so that a test can kill it. Settings come as JSON in the first argument. */
const settings = JSON.parse(process.argv[2] ?? '{}') as {
  readonly endpoint: string; readonly storage: string; readonly alias: string; readonly folder: string; readonly mysqld: string; readonly keyspace: string; readonly initPrimary: boolean;
};
const topology = await openTopo({ kind: 'etcd', endpoints: [settings.endpoint] });
const ending = new AbortController();
const tablet = await runTablet({
  topology, alias: settings.alias, folder: settings.folder, mysqld: settings.mysqld, keyspace: settings.keyspace, shard: '0', initPrimary: settings.initPrimary, users,
  storage: await openStorage(settings.storage), healthIntervalMs: 200, log: createLog('agent', 'info'),
}, ending.signal);
process.stdout.write(`ready ${JSON.stringify(tablet.ready)}\n`);
process.once('SIGTERM', () => {
  void tablet.stop().then(() => topology.close()).then(() => process.exit(0));
});
