import type { Command } from 'commander';
import { createLog } from '../../base/log.ts';
import { runRole } from '../roleProcess.ts';
import { windowReader } from '../shardWindows.ts';
import { type StorageFlags, storageOf, withStorageFlags } from './storageFlags.ts';
import { type TopologyFlags, topologyOf, withTopologyFlags } from './topologyFlags.ts';

interface ControlFlags extends TopologyFlags, StorageFlags { readonly grpcAddress: string; readonly httpAddress: string }

export function addControl(program: Command): void {
  const command = program
    .command('control')
    .description('serve the administrative calls of vtctld: keyspaces, vschemas, schemas, backups, reparents')
    .option('--grpc-address <address>', 'where vtctldclient and this command line find it', '127.0.0.1:15999')
    .option('--http-address <address>', '/healthz, /metrics, /debug/vars', '127.0.0.1:0');
  withStorageFlags(withTopologyFlags(command)).action(async (flags: ControlFlags) => {
    const { runControl } = await import('../../control/index.ts');
    await runRole(async (signal) => {
      const topology = await topologyOf(flags);
      const storage = await storageOf(flags);
      const control = await runControl({ topology, storage, grpcAddress: flags.grpcAddress, httpAddress: flags.httpAddress, window: windowReader(storage), log: createLog('control') }, signal);
      return {
        ready: control.ready,
        stop: async () => {
          await control.stop();
          await topology.close();
        },
      };
    });
  });
}
