import { type Command, Option } from 'commander';

interface DemoFlags { readonly mysqld: string; readonly data: string; readonly keep?: true; readonly tabletProtocol: 'mysql' | 'grpc'; readonly freePorts?: true }

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('bring up a cluster, break it, and query it as it was before; exits non-zero when any check fails')
    .option('--mysqld <path>', 'the server binary: auto (first found), or a path; MySQL 9 works too', 'auto')
    .option('--data <folder>', 'data folder; removed first and at the end', 'vtrewind-data/demo')
    .option('--keep', 'leave the cluster up until Ctrl-C, and its data')
    .option('--free-ports', 'use free ports instead of 15306, 15001, 15999 and 15307')
    .addOption(new Option('--tablet-protocol <protocol>', 'how queries travel from the gate to the tablets').choices(['mysql', 'grpc']).default('mysql'))
    .action(async (flags: DemoFlags) => {
      const { runDemo } = await import('./demo/demo.ts');
      const { resolve } = await import('node:path');
      await runDemo({ mysqld: flags.mysqld === 'auto' ? 'auto' : resolve(flags.mysqld), data: resolve(flags.data), keep: flags.keep === true, tabletProtocol: flags.tabletProtocol, freePorts: flags.freePorts === true });
    });
}
