import type { Command } from 'commander';
import { addKeyspaceCommands } from './control/keyspaceCommands.ts';
import { addSchemaCommands } from './control/schemaCommands.ts';
import { addTabletCommands } from './control/tabletCommands.ts';

/** The administrative commands, by vtctldclient's names and flags. */
export function addControlCommands(program: Command): void {
  addKeyspaceCommands(program);
  addSchemaCommands(program);
  addTabletCommands(program);
}
