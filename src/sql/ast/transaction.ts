import type { Commented, Node } from './node.ts';

export type TransactionStatement = Begin | Commit | Rollback | Savepoint | ReleaseSavepoint;

export interface Begin extends Node, Commented {
  readonly kind: 'begin';
  /** `start`: START TRANSACTION, which alone may have the properties below. */
  readonly form: 'begin' | 'start';
  readonly access?: 'read only' | 'read write';
  readonly consistentSnapshot: boolean;
}

export interface Commit extends Node, Commented {
  readonly kind: 'commit';
  /** AND CHAIN true, AND NO CHAIN false. */
  readonly chain?: boolean;
  /** RELEASE true, NO RELEASE false. */
  readonly release?: boolean;
}

export interface Rollback extends Node, Commented {
  readonly kind: 'rollback';
  /** ROLLBACK TO name: the transaction goes on. */
  readonly savepoint?: string;
  readonly chain?: boolean;
  readonly release?: boolean;
}

export interface Savepoint extends Node, Commented {
  readonly kind: 'savepoint';
  readonly name: string;
}

export interface ReleaseSavepoint extends Node, Commented {
  readonly kind: 'releaseSavepoint';
  readonly name: string;
}
