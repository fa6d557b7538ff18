import type { StatementFamily } from '../family.ts';
import { accountFamily } from './account.ts';
import { commandFamily } from './commands.ts';
import { handler } from './handler.ts';
import { loadFamily } from './loadData.ts';
import { maintenanceFamily } from './maintenance.ts';
import { preparedFamily } from './prepared.ts';
import { vitessFamily } from './vitess.ts';
import * as K from '../../lexer/keywordIds.generated.ts';

/** Accounts, administration, replication and Vitess's own statements. */
export const adminFamilies: readonly StatementFamily[] = [
  accountFamily, vitessFamily, maintenanceFamily, preparedFamily, loadFamily, { [K.HANDLER]: handler }, commandFamily,
];
