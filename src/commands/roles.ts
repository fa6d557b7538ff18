import type { Command } from 'commander';
import { addArchiver } from './roles/archiverCommand.ts';
import { addControl } from './roles/controlCommand.ts';
import { addGate } from './roles/gateCommand.ts';
import { addTablet } from './roles/tabletCommand.ts';
import { addUp } from './up/upCommand.ts';

/** The long-lived services. */
export function addRoles(program: Command): void {
  addUp(program);
  addGate(program);
  addTablet(program);
  addArchiver(program);
  addControl(program);
}
