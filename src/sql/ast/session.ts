import type { Expression, SystemVariable, UserVariable } from './expression.ts';
import type { Commented, Node } from './node.ts';
import type { Statement } from './statement.ts';

export type SessionStatement = SetStatement | SetTransaction | SetForStatement | Use;

/** `set a = 1, @b := 2, global c = 3, names utf8mb4`: the assignments in order. */
export interface SetStatement extends Node, Commented {
  readonly kind: 'set';
  readonly assignments: readonly SetAssignment[];
}

export type SetAssignment = SetVariable | SetNames | SetCharacterSet;

export interface SetVariable extends Node {
  readonly kind: 'setVariable';
  readonly target: UserVariable | SystemVariable | LocalTarget;
  /** `default`, and the bare words of `set sql_mode = ansi` come as {@link DefaultValue} and {@link ColumnRef}; `on` and `all` as ColumnRef too. */
  readonly value: Expression;
}

/**
 * A bare or dotted name without `@@` and without a scope word: `set autocommit = 0` (a system variable of the session, unless a routine
 * has a local variable of that name), `set new.a = 1` in a trigger.
 */
export interface LocalTarget extends Node {
  readonly kind: 'localTarget';
  /** `new` in `new.a`, `hot_cache` in `hot_cache.key_buffer_size`. */
  readonly qualifier?: string;
  readonly name: string;
}

/** `set names utf8mb4 collate utf8mb4_bin`; `charset` absent for `set names default`. */
export interface SetNames extends Node {
  readonly kind: 'setNames';
  readonly charset?: string;
  readonly collation?: string;
}

/** `set character set utf8mb4`; `charset` absent for DEFAULT. */
export interface SetCharacterSet extends Node {
  readonly kind: 'setCharacterSet';
  readonly charset?: string;
}

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

/** `set [scope] transaction …`; without a scope it is for the next transaction only. */
export interface SetTransaction extends Node, Commented {
  readonly kind: 'setTransaction';
  readonly scope?: 'session' | 'global';
  readonly isolation?: IsolationLevel;
  readonly access?: 'read only' | 'read write';
}

/** MariaDB's `set statement a = 1 for select …`. */
export interface SetForStatement extends Node, Commented {
  readonly kind: 'setForStatement';
  readonly assignments: readonly SetVariable[];
  readonly statement: Statement;
}

/** `use ks`, `use ks:-80@replica`, `` use `ks@rdonly` ``: the target is not taken apart here. Vitess's bare `use` has none. */
export interface Use extends Node, Commented {
  readonly kind: 'use';
  readonly target?: string;
}
