import { ShardArchiver } from '../../src/archive/shardArchiver.ts';
import { createLog } from '../../src/base/log.ts';
import { openStorage } from '../../src/storage/openStorage.ts';

/** An archiver in a process of its own, to be killed: `archiverProcess.ts FOLDER PORT`. Sends one message once it follows. */
const [folder, port] = process.argv.slice(2) as [string, string];
const archiver = new ShardArchiver({
  storage: await openStorage(folder), keyspace: 'ks', shard: '-80', log: createLog('archiver', 'error'), identity: { serverId: 3_999_000_001, uuid: '99999999-0000-0000-0000-000000000001' },
  nextEpoch: (stored) => Promise.resolve(stored + 1), currentPrimary: () => Promise.resolve({ name: 'primary', connect: { host: '127.0.0.1', port: Number(port), user: 'root' } }),
});
archiver.start();
const timer = setInterval(() => {
  if (archiver.status().state !== 'following') return;
  clearInterval(timer);
  process.send?.('following');
}, 10);
