import { accountRules } from './admin/account.ts';
import { adminRules } from './admin/admin.ts';
import { vitessRules } from './admin/vitess.ts';
import { alterTableRules } from './ddl/alterTable.ts';
import { schemaObjectRules } from './ddl/schemaObject.ts';
import { tableStatementRules } from './ddl/table.ts';

/** Definition, accounts, administration, and what only Vitess and we have. */
export const familyRules = { ...tableStatementRules, ...alterTableRules, ...schemaObjectRules, ...accountRules, ...adminRules, ...vitessRules };
