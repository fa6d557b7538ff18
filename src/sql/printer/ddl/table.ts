import type {
  CheckAttribute, CheckDefinition, ColumnDefinition, ColumnType, CreateTable, IndexDefinition, IndexOption, IndexPart, LockWait, PartitionDefinition, Partitioning, PartitionMethod,
  TableOption,
} from '../../ast/table.ts';
import type { Expression } from '../../ast/expression.ts';
import type { Node } from '../../ast/node.ts';
import type { PrintRules, Printer } from '../printer.ts';
import { withComments } from '../withComments.ts';

export const tableStatementRules: PrintRules<
  | 'createTable' | 'dropTable' | 'truncateTable' | 'renameTable' | 'createIndex' | 'dropIndex' | 'columnDefinition' | 'columnType' | 'flagAttribute' | 'defaultAttribute'
  | 'onUpdateAttribute' | 'generatedAttribute' | 'textAttribute' | 'reference' | 'checkAttribute' | 'referenceSystem' | 'indexDefinition' | 'indexPart' | 'indexOption'
  | 'checkDefinition' | 'periodDefinition' | 'tableOption' | 'partitioning' | 'partitionMethod' | 'partitionDefinition' | 'renamePair'
> = {
  createTable: withComments('create', createTable),
  dropTable: withComments('drop', (p, n) => {
    p.text(`${n.temporary ? ' temporary' : ''} table ${n.ifExists ? 'if exists ' : ''}`);
    p.list(n.tables);
    wait(p, n.wait);
    if (n.behaviour !== undefined) p.text(` ${n.behaviour}`);
  }),
  truncateTable: withComments('truncate table ', (p, n) => {
    p.node(n.table);
    wait(p, n.wait);
  }),
  renameTable: withComments('rename table ', (p, n) => {
    if (n.ifExists) p.text('if exists ');
    p.list(n.renames);
  }),
  renamePair: (p, n) => {
    p.node(n.from);
    wait(p, n.wait);
    p.text(' to ');
    p.node(n.to);
  },
  createIndex: withComments('create', (p, n) => {
    const type = n.index.type === 'key' ? '' : `${n.index.type.split(' ')[0]} `;
    p.text(`${n.orReplace ? ' or replace' : ''} ${type}index ${n.index.ifNotExists ? 'if not exists ' : ''}`);
    p.name(n.index.name ?? '');
    p.text(' on ');
    p.node(n.table);
    p.text(' ');
    partList(p, n.index.parts);
    options(p, n.index.options);
    wait(p, n.wait);
  }),
  dropIndex: withComments('drop', (p, n) => {
    p.text(` index ${n.ifExists ? 'if exists ' : ''}`);
    p.name(n.name);
    p.text(' on ');
    p.node(n.table);
    options(p, n.options);
    wait(p, n.wait);
  }),
  columnDefinition,
  columnType,
  flagAttribute: (p, n) => p.text(n.flag),
  defaultAttribute: (p, n) => {
    p.text('default ');
    defaultValue(p, n.value, n.parenthesised);
  },
  onUpdateAttribute: (p, n) => {
    p.text('on update ');
    p.expression(n.value);
  },
  generatedAttribute: (p, n) => {
    if (n.row !== undefined) {
      p.text(`generated always as row ${n.row}`);
      return;
    }
    p.text('as (');
    if (n.expression !== undefined) p.expression(n.expression);
    p.text(')');
    if (n.storage !== undefined) p.text(` ${n.storage}`);
  },
  textAttribute: (p, n) => {
    switch (n.name) {
      case 'comment':
      case 'engine_attribute':
      case 'secondary_engine_attribute':
        p.text(`${n.name} `);
        p.string(n.value);
        return;
      case 'compressed':
        p.text(`compressed = ${n.value}`);
        return;
      case 'collate':
        p.text('collate ');
        p.name(n.value);
        return;
      default:
        p.text(`${n.name} ${n.value}`);
    }
  },
  reference: (p, n) => {
    p.text('references ');
    p.node(n.table);
    if (n.columns.length > 0) {
      p.text(' (');
      p.names(n.columns);
      p.text(')');
    }
    if (n.match !== undefined) p.text(` match ${n.match}`);
    if (n.onDelete !== undefined) p.text(` on delete ${n.onDelete}`);
    if (n.onUpdate !== undefined) p.text(` on update ${n.onUpdate}`);
  },
  checkAttribute: check,
  referenceSystem: (p, n) => p.text(`ref_system_id = ${n.id}`),
  indexDefinition,
  indexPart,
  indexOption: (p, n) => p.text(indexOptionText(n)),
  checkDefinition: (p, n) => {
    constraint(p, n.constraint, n.ifNotExists);
    checkBody(p, n);
  },
  periodDefinition: (p, n) => {
    p.text(n.ifNotExists ? 'period if not exists for ' : 'period for ');
    p.name(n.name);
    p.text(' (');
    p.names([n.from, n.to]);
    p.text(')');
  },
  tableOption: (p, n) => p.text(optionText(n)),
  partitioning,
  partitionMethod,
  partitionDefinition,
};

/** MariaDB's ` wait 5`. */
export function wait(p: Printer, value: LockWait | undefined): void {
  if (value !== undefined) p.text(value === 'nowait' ? ' nowait' : ` wait ${value.seconds}`);
}

function createTable(p: Printer, n: CreateTable): void {
  p.text(`${n.orReplace ? ' or replace' : ''}${n.temporary ? ' temporary' : ''} table ${n.ifNotExists ? 'if not exists ' : ''}`);
  p.node(n.table);
  if (n.like !== undefined) {
    p.text(' like ');
    p.node(n.like);
    return;
  }
  const elements: readonly Node[] = [...n.columns, ...n.indexes, ...n.checks, ...n.periods];
  if (elements.length > 0) {
    p.text(' (');
    p.list(elements);
    p.text(')');
  }
  for (const option of n.options) p.text(` ${optionText(option)}`);
  if (n.partitioning !== undefined) {
    p.text(' ');
    p.node(n.partitioning);
  }
  if (n.query !== undefined) {
    p.text(`${n.duplicates === undefined ? '' : ` ${n.duplicates}`} as `);
    p.node(n.query);
  }
}

function columnDefinition(p: Printer, n: ColumnDefinition): void {
  p.name(n.name);
  p.text(' ');
  p.node(n.type);
  for (const attribute of n.attributes) {
    p.text(' ');
    p.node(attribute);
  }
}

function columnType(p: Printer, n: ColumnType): void {
  p.text(n.name);
  if (n.length !== undefined) p.text(`(${n.length})`);
  if (n.members !== undefined) {
    p.text('(');
    n.members.forEach((member, i) => {
      if (i > 0) p.text(', ');
      p.string(member);
    });
    p.text(')');
  }
  if (n.unsigned) p.text(' unsigned');
  if (n.zerofill) p.text(' zerofill');
  if (n.charset !== undefined) {
    p.text(' character set ');
    if (n.charset === 'binary') p.text('binary');
    else p.name(n.charset);
  }
  if (n.binary) p.text(' binary');
  if (n.collate !== undefined) {
    p.text(' collate ');
    if (n.collate === 'binary') p.text('binary');
    else p.name(n.collate);
  }
}

/** A default's value, in parentheses when it was written so. */
export function defaultValue(p: Printer, value: Expression, parenthesised: boolean): void {
  if (parenthesised) p.text('(');
  p.expression(value);
  if (parenthesised) p.text(')');
}

function constraint(p: Printer, name: string | undefined, ifNotExists: boolean): void {
  if (name === undefined) return;
  p.text('constraint ');
  if (ifNotExists) p.text('if not exists ');
  if (name !== '') {
    p.name(name);
    p.text(' ');
  }
}

function check(p: Printer, n: CheckAttribute): void {
  constraint(p, n.name, false);
  checkBody(p, n);
}

function checkBody(p: Printer, n: CheckAttribute | CheckDefinition): void {
  p.text('check (');
  p.expression(n.condition);
  p.text(')');
  if (n.enforced !== undefined) p.text(n.enforced ? ' enforced' : ' not enforced');
}

function indexDefinition(p: Printer, n: IndexDefinition): void {
  constraint(p, n.constraint, false);
  p.text(n.type);
  if (n.ifNotExists) p.text(' if not exists');
  if (n.name !== undefined) {
    p.text(' ');
    p.name(n.name);
  }
  p.text(' ');
  partList(p, n.parts);
  if (n.reference !== undefined) {
    p.text(' ');
    p.node(n.reference);
  }
  options(p, n.options);
}

function partList(p: Printer, parts: readonly IndexPart[]): void {
  p.text('(');
  p.list(parts);
  p.text(')');
}

function indexPart(p: Printer, n: IndexPart): void {
  if (n.expression !== undefined) {
    p.text('(');
    p.expression(n.expression);
    p.text(')');
  } else p.name(n.column ?? '');
  if (n.length !== undefined) p.text(`(${n.length})`);
  if (n.direction !== undefined) p.text(` ${n.direction}`);
  if (n.withoutOverlaps) p.text(' without overlaps');
}

function options(p: Printer, found: readonly IndexOption[]): void {
  for (const option of found) p.text(` ${indexOptionText(option)}`);
}

const bareIndexOptions = new Set(['using', 'with parser', 'comment', 'key_block_size', 'engine_attribute', 'secondary_engine_attribute']);

function indexOptionText(n: IndexOption): string {
  if (n.value === undefined) return n.name;
  return bareIndexOptions.has(n.name) ? `${n.name} ${n.value}` : `${n.name} = ${n.value}`;
}

function optionText(n: TableOption): string {
  if (n.value === '') return n.name;
  return n.name === 'storage' ? `storage ${n.value}` : `${n.name} = ${n.value}`;
}

function partitioning(p: Printer, n: Partitioning): void {
  p.text('partition by ');
  p.node(n.by);
  if (n.count !== undefined) p.text(` partitions ${n.count}`);
  if (n.sub !== undefined) {
    p.text(' subpartition by ');
    p.node(n.sub.by);
    if (n.sub.count !== undefined) p.text(` subpartitions ${n.sub.count}`);
  }
  if (n.definitions.length > 0) {
    p.text(' (');
    p.list(n.definitions);
    p.text(')');
  }
}

function partitionMethod(p: Printer, n: PartitionMethod): void {
  p.text(`${n.linear ? 'linear ' : ''}${n.type}`);
  if (n.algorithm !== undefined) p.text(` algorithm = ${n.algorithm}`);
  if (n.rest !== undefined) p.text(` ${n.rest}`);
  if (n.columns !== undefined) {
    p.text(' (');
    p.names(n.columns);
    p.text(')');
  } else if (n.expression !== undefined) {
    p.text(' (');
    p.expression(n.expression);
    p.text(')');
  }
}

function partitionDefinition(p: Printer, n: PartitionDefinition): void {
  p.text(n.subpartition ? 'subpartition ' : 'partition ');
  p.name(n.name);
  if (n.maxvalue) p.text(' values less than maxvalue');
  else if (n.lessThan !== undefined) {
    p.text(' values less than (');
    limits(p, n.lessThan);
    p.text(')');
  } else if (n.in !== undefined) {
    p.text(' values in (');
    limits(p, n.in);
    p.text(')');
  } else if (n.special !== undefined) p.text(` ${n.special}`);
  for (const option of n.options) p.text(` ${optionText(option)}`);
  if (n.subpartitions.length > 0) {
    p.text(' (');
    p.list(n.subpartitions);
    p.text(')');
  }
}

function limits(p: Printer, values: readonly Expression[]): void {
  values.forEach((value, i) => {
    if (i > 0) p.text(', ');
    if (value.kind === 'column' && value.table === undefined && value.name === 'maxvalue') p.text('maxvalue');
    else if (value.kind === 'row') {
      p.text('(');
      limits(p, value.items);
      p.text(')');
    } else p.expression(value);
  });
}
