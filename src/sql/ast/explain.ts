import type { Commented, Node, TableName } from './node.ts';
import type { Statement } from './statement.ts';

export type ExplainStatement = Explain | Describe | VExplain | ExplainConnection;

/** `explain`, `describe` and `desc` of a statement, and MariaDB's `analyze select …`. */
export interface Explain extends Node, Commented {
  readonly kind: 'explain';
  /** `analyze`: MariaDB's, without the word EXPLAIN (`analyze` below is then true as well). */
  readonly verb: 'explain' | 'analyze';
  readonly analyze: boolean;
  /** Lower case: `traditional`, `json`, `tree`; Vitess's old `vitess`, `vtexplain`. */
  readonly format?: string;
  /** Of old servers and MariaDB. */
  readonly extended: boolean;
  readonly partitions: boolean;
  /** `explain for schema s select …`. */
  readonly schema?: string;
  /** `explain format=json into @v select …`: without the `@`. */
  readonly into?: string;
  readonly statement: Statement;
}

/** `describe t`, `explain t col`, `desc t 'wild%'`. */
export interface Describe extends Node, Commented {
  readonly kind: 'describe';
  readonly table: TableName;
  readonly column?: string;
  readonly wild?: string;
}

/** `explain [format=…] for connection 5`. */
export interface ExplainConnection extends Node, Commented {
  readonly kind: 'explainConnection';
  readonly format?: string;
  readonly connection: string;
}

/** Vitess's `vexplain [plan|queries|all|trace|keys] statement`; PLAN is the default. */
export interface VExplain extends Node, Commented {
  readonly kind: 'vexplain';
  readonly type: 'plan' | 'queries' | 'all' | 'trace' | 'keys';
  readonly statement: Statement;
}
