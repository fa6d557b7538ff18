import type { Assignment, InsertRows, RowAlias } from './dml.ts';
import type { CastType, Expression, FrameBound, JsonOn, When, WindowFrame, WindowRef, WindowSpec } from './expression.ts';
import type { FamilyNode } from './family.ts';
import type { TableName } from './node.ts';
import type { CommonTable, FileFormat, GroupBy, Into, Limit, Lock, NamedWindow, OrderItem, SelectItem, With } from './query.ts';
import type { LocalTarget, SetAssignment } from './session.ts';
import type { Statement } from './statement.ts';
import type { AsOf, IndexHint, JsonTableColumn, Portion, TableExpr, TableSample } from './tableRef.ts';

/** Every node that a visitor can meet. */
export type SyntaxNode =
  | Statement | Expression | TableExpr | TableName
  | CastType | When | WindowRef | WindowSpec | WindowFrame | FrameBound | JsonOn
  | AsOf | Portion | TableSample | IndexHint | JsonTableColumn
  | SelectItem | GroupBy | OrderItem | Limit | NamedWindow | Lock | Into | FileFormat | With | CommonTable
  | InsertRows | RowAlias | Assignment | SetAssignment | LocalTarget
  | FamilyNode;
