import type { Expression } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { Query } from './query.ts';
import type { TableOption } from './table.ts';

export type SchemaObjectStatement =
  | CreateView | AlterView | DropObject | CreateDatabase | AlterDatabase | DropDatabase | CreateTrigger | CreateRoutine | AlterRoutine | CreateLoadable | CreateEvent | AlterEvent
  | CreateSequence | AlterSequence | ServerObject;

/** Who runs it: `definer = current_user` or an account, as it is to be written. */
export type Definer = string;

interface ViewParts {
  readonly algorithm?: 'undefined' | 'merge' | 'temptable';
  readonly definer?: Definer;
  readonly security?: 'definer' | 'invoker';
  readonly view: TableName;
  readonly columns: readonly string[];
  readonly query: Query;
  readonly check?: 'check option' | 'cascaded check option' | 'local check option';
}

export interface CreateView extends Node, Commented, ViewParts {
  readonly kind: 'createView';
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
}

export interface AlterView extends Node, Commented, ViewParts {
  readonly kind: 'alterView';
}

/** DROP of a view, trigger, routine, event, sequence, package or library; tables, indexes and databases have their own nodes. */
export interface DropObject extends Node, Commented {
  readonly kind: 'dropObject';
  readonly what: 'view' | 'trigger' | 'procedure' | 'function' | 'event' | 'sequence' | 'package' | 'package body' | 'library';
  readonly temporary: boolean;
  readonly ifExists: boolean;
  /** Several for views and sequences. */
  readonly names: readonly TableName[];
  readonly behaviour?: 'restrict' | 'cascade';
}

export interface CreateDatabase extends Node, Commented {
  readonly kind: 'createDatabase';
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly name: string;
  readonly options: readonly TableOption[];
}

export interface AlterDatabase extends Node, Commented {
  readonly kind: 'alterDatabase';
  /** Absent: the session's database. */
  readonly name?: string;
  readonly upgrade: boolean;
  readonly options: readonly TableOption[];
}

export interface DropDatabase extends Node, Commented {
  readonly kind: 'dropDatabase';
  readonly ifExists: boolean;
  readonly name: string;
}

/** Bodies of triggers, routines and events are kept as text: tokens in one spelling of space and keywords, which reads back the same. */
export interface CreateTrigger extends Node, Commented {
  readonly kind: 'createTrigger';
  readonly orReplace: boolean;
  readonly definer?: Definer;
  readonly ifNotExists: boolean;
  readonly name: TableName;
  readonly time: 'before' | 'after';
  /** Several in MariaDB. */
  readonly events: readonly string[];
  readonly table: TableName;
  readonly order?: { readonly follows: boolean; readonly trigger: string };
  readonly body: string;
}

export interface CreateRoutine extends Node, Commented {
  readonly kind: 'createRoutine';
  readonly type: 'procedure' | 'function';
  readonly orReplace: boolean;
  readonly definer?: Definer;
  readonly aggregate: boolean;
  readonly ifNotExists: boolean;
  readonly name: TableName;
  /** Between the parentheses, as it is to be written. */
  readonly parameters: string;
  /** Of a function. */
  readonly returns?: string;
  readonly characteristics: readonly string[];
  readonly body: string;
}

export interface AlterRoutine extends Node, Commented {
  readonly kind: 'alterRoutine';
  readonly type: 'procedure' | 'function';
  readonly name: TableName;
  readonly characteristics: readonly string[];
}

/** `create function f returns integer soname 'f.so'`. */
export interface CreateLoadable extends Node, Commented {
  readonly kind: 'createLoadable';
  readonly orReplace: boolean;
  readonly aggregate: boolean;
  readonly ifNotExists: boolean;
  readonly name: string;
  readonly returns: 'string' | 'integer' | 'real' | 'decimal';
  readonly soname: string;
}

interface EventParts {
  readonly definer?: Definer;
  readonly name: TableName;
  readonly schedule?: EventSchedule;
  readonly completion?: 'preserve' | 'not preserve';
  readonly state?: 'enable' | 'disable' | 'disable on slave' | 'disable on replica';
  readonly comment?: string;
  readonly body?: string;
}

export interface CreateEvent extends Node, Commented, EventParts {
  readonly kind: 'createEvent';
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
}

export interface AlterEvent extends Node, Commented, EventParts {
  readonly kind: 'alterEvent';
  readonly renameTo?: TableName;
}

export interface EventSchedule extends Node {
  readonly kind: 'eventSchedule';
  readonly at?: Expression;
  /** The amount and unit of EVERY. */
  readonly every?: Expression;
  readonly unit?: string;
  readonly starts?: Expression;
  readonly ends?: Expression;
}

/** MariaDB. */
export interface CreateSequence extends Node, Commented {
  readonly kind: 'createSequence';
  readonly orReplace: boolean;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly name: TableName;
  readonly options: readonly SequenceOption[];
  readonly tableOptions: readonly TableOption[];
}

export interface AlterSequence extends Node, Commented {
  readonly kind: 'alterSequence';
  readonly ifExists: boolean;
  readonly name: TableName;
  readonly options: readonly SequenceOption[];
}

export interface SequenceOption extends Node {
  readonly kind: 'sequenceOption';
  readonly name: 'increment' | 'minvalue' | 'maxvalue' | 'nominvalue' | 'nomaxvalue' | 'start' | 'cache' | 'nocache' | 'cycle' | 'nocycle' | 'restart' | 'as';
  readonly value?: string;
}

/** Objects of the server itself, which never concern a keyspace's tables: kept as words. */
export interface ServerObject extends Node, Commented {
  readonly kind: 'serverObject';
  readonly verb: 'create' | 'alter' | 'drop';
  readonly what:
    | 'tablespace' | 'undo tablespace' | 'logfile group' | 'server' | 'spatial reference system' | 'resource group' | 'instance' | 'package' | 'package body' | 'library';
  /** Words between the verb and the object: `or replace`, `definer = …`. */
  readonly prefix: string;
  readonly condition: '' | 'if exists' | 'if not exists';
  /** Empty for INSTANCE, and for packages and libraries, whose name is in `rest`. */
  readonly name: string;
  /** What stands behind, as it is to be written. */
  readonly rest: string;
}

export type SchemaObjectNode = EventSchedule | SequenceOption;
