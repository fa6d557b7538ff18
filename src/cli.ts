#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { VtrewindError } from './base/errors.ts';
import { addBackupCommands } from './commands/backupCommands.ts';
import { addControlCommands } from './commands/controlCommands.ts';
import { addDemo } from './commands/demoCommand.ts';
import { normalizeArgv } from './commands/normalizeArgv.ts';
import { addOfflineTools } from './commands/offlineTools.ts';
import { addRestoreCommands } from './commands/restore/restoreCommands.ts';
import { addRoles } from './commands/roles.ts';
import { applySettings } from './commands/settings.ts';
import { version } from './commands/version.ts';
import { addWindow } from './commands/windowCommand.ts';

const program = new Command('vtrewind')
  .description('A Vitess-compatible MySQL routing proxy, and everything to query and restore a keyspace as it was at any moment.')
  .version(version())
  .option('--server <address>', 'control server that administrative commands talk to', process.env.VTREWIND_SERVER ?? '127.0.0.1:15999')
  .showHelpAfterError('(add --help for the flags)')
  .addHelpText('after', `
Start here:
  vtrewind demo                          bring up a cluster, break it, query it as it was before
  vtrewind up                            the same cluster to play with: MySQL on 127.0.0.1:15306, status on http://127.0.0.1:15001
  mysql -h127.0.0.1 -P15306              …then in it: show keyspaces; use flights; select count(*) from flight;

Every flag may also be given as an environment variable (--gate-mysql is VTREWIND_GATE_MYSQL) or in a YAML file (--config-file);
the command line wins, then the environment, then the file. Vitess's spellings with underscores or one dash are accepted.`);

addRoles(program);
addControlCommands(program);
addWindow(program);
addRestoreCommands(program);
addOfflineTools(program);
addDemo(program);
addBackupCommands(program);

try {
  const longNames = new Set([program, ...program.commands, ...program.commands.flatMap((command) => command.commands)].flatMap((command) => command.options.flatMap((option) => (option.long ? [option.long.slice(2)] : []))));
  const argv = normalizeArgv(process.argv.slice(2), longNames);
  applySettings(program, argv, process.env);
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(argv, { from: 'user' });
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exit(thrown.exitCode);
  } else {
    const error = VtrewindError.from(thrown);
    process.stderr.write(`vtrewind: ${error.message}${error.code === 'VTR0000' ? '' : ` (${error.code})`}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    if (process.env.VTREWIND_LOG === 'debug' && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
    // At once: what a role had opened before it failed must not keep it alive.
    process.exit(1);
  }
}
