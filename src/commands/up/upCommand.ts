import type { Command } from 'commander';
import { createLog } from '../../base/log.ts';
import { runRole } from '../roleProcess.ts';
import { checkClusterConfig, readClusterConfig } from './clusterConfig.ts';

interface UpFlags { readonly config?: string; readonly data?: string; readonly mysqld?: string }

export function addUp(program: Command): void {
  program
    .command('up')
    .description('bring up a whole cluster on this machine: the demo\'s keyspaces, or those of --config')
    .option('--config <file>', 'YAML file that describes the cluster')
    .option('--data <folder>', 'data folder, kept between runs (wins over the file)')
    .option('--mysqld <path>', 'the server binary: auto (first found), or a path (wins over the file)')
    .addHelpText('after', '\nIt prints one line, "ready", with the addresses when every shard serves. SIGTERM or Ctrl-C stops all of it; the data stays.')
    .action(async (flags: UpFlags) => {
      const { Cluster, newKeyspaces } = await import('./cluster.ts');
      const { demoKeyspaces } = await import('../demo/demoData.ts');
      const { resolve } = await import('node:path');
      const read = flags.config === undefined ? checkClusterConfig({}, process.cwd()) : readClusterConfig(flags.config);
      const config = {
        ...read,
        ...(flags.data === undefined ? {} : { data: resolve(flags.data) }),
        ...(flags.mysqld === undefined ? {} : { mysqld: flags.mysqld === 'auto' ? 'auto' : resolve(flags.mysqld) }),
      };
      const keyspaces = flags.config === undefined ? demoKeyspaces : await newKeyspaces(config.keyspaces);
      await runRole(async (signal) => {
        const { cluster, ready } = await Cluster.start(config, keyspaces, createLog('up'), signal);
        return { ready, stop: () => cluster.stop() };
      });
    });
}
