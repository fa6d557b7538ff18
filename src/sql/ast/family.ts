import type { AccountNode, AccountStatement } from './account.ts';
import type { AdminNode, AdminStatement } from './admin.ts';
import type { AlterTable, AlterTableNode } from './alterTable.ts';
import type { SchemaObjectNode, SchemaObjectStatement } from './schemaObject.ts';
import type { TableNode, TableStatement } from './table.ts';
import type { VitessNode, VitessStatement } from './vitess.ts';

/** Definition of schema objects, accounts, administration, and what only Vitess and we have. */
export type FamilyStatement = TableStatement | AlterTable | SchemaObjectStatement | AccountStatement | AdminStatement | VitessStatement;

/** The parts of these statements. */
export type FamilyNode = TableNode | AlterTableNode | SchemaObjectNode | AccountNode | AdminNode | VitessNode;
