import type { Command } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { createLog } from '../../base/log.ts';
import { readCredentials } from '../credentials.ts';
import { runRole } from '../roleProcess.ts';
import { type StorageFlags, storageOf, withStorageFlags } from './storageFlags.ts';
import { type TopologyFlags, topologyOf, withTopologyFlags } from './topologyFlags.ts';

interface ArchiverFlags extends TopologyFlags, StorageFlags { readonly cell: string; readonly keyspaces?: string; readonly listen: string; readonly httpAddress: string; readonly dbCredentialsFile: string }

export function addArchiver(program: Command): void {
  const command = program
    .command('archiver')
    .description("the binlog server: follow each shard's primary, store its binlog durably, serve the archive as a replication source")
    .requiredOption('--cell <cell>', 'the cell this archiver is in')
    .option('--keyspaces <keyspaces>', 'limit to these keyspaces (default: every normal one)')
    .option('--listen <address>', 'where replicas and restore tablets attach', '127.0.0.1:15307')
    .option('--http-address <address>', '/healthz, /metrics, /debug/vars', '127.0.0.1:0')
    .requiredOption('--db-credentials-file <file>', 'JSON file (mode 0600) with the MySQL accounts of the cluster; replicas log in here as `repl`');
  withStorageFlags(withTopologyFlags(command)).action(async (flags: ArchiverFlags) => {
    const { runArchiver } = await import('../../archive/index.ts');
    await runRole(async (signal) => {
      const storage = await storageOf(flags);
      if (storage === undefined) throw new VtrewindError({ code: 'VTR0922', grpc: 'INVALID_ARGUMENT', message: 'an archiver without a storage archives nothing', hint: 'give --file-backup-storage-root' });
      const topology = await topologyOf(flags);
      const archiver = await runArchiver(
        {
          topology, storage, listen: flags.listen, httpAddress: flags.httpAddress, replication: readCredentials(flags.dbCredentialsFile).repl,
          ...(flags.keyspaces === undefined ? {} : { keyspaces: flags.keyspaces.split(',').map((name) => name.trim()) }), log: createLog('archiver'),
        },
        signal,
      );
      return {
        ready: archiver.ready,
        stop: async () => {
          await archiver.stop();
          await topology.close();
        },
      };
    });
  });
}
