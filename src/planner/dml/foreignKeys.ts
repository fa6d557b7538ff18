import type { Commented } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable } from '../catalog.ts';
import type { ForeignKey } from '../context.ts';
import { planError } from '../errors.ts';
import { catalogTableOf } from '../routing/catalogTable.ts';

/**
 * Foreign keys whose two rows always share a shard are the shard's own: MySQL checks and cascades them. One that crosses shards can be kept by
 * nobody, so a statement that would need it is refused (VT12002), unless checks are off for the session or by a SET_VAR hint.
 * Keyspaces whose foreign keys are not managed are left to MySQL altogether.
 */
export function checkForeignKeys(st: PlanningStatement, ast: Commented, table: CatalogTable, write: { readonly kind: 'insert' } | { readonly kind: 'delete' } | { readonly kind: 'update'; readonly columns: readonly string[] }): void {
  if (st.catalog.foreignKeyMode(table.keyspace.name) !== 'managed' || checksOff(st, ast)) return;
  const touches = (columns: readonly string[]): boolean => write.kind !== 'update' || columns.some((c) => write.columns.some((w) => w.toLowerCase() === c.toLowerCase()));
  if (write.kind !== 'delete') {
    for (const key of table.foreignKeys) {
      if (!touches(key.columns)) continue;
      const parent = tableNamed(st, key.parent);
      if (parent === undefined || !sharesShard(table, parent, key)) throw crossShard(fullName(table), key.parent);
    }
  }
  if (write.kind === 'insert') return;
  const children = childrenOf(st, table).filter((child) => touches(child.key.parentColumns));
  if (children.some(({ key }) => (write.kind === 'delete' ? key.onDelete : key.onUpdate) === 'SET DEFAULT')) {
    throw planError('VT09016', 1451, '23000', 'Cannot delete or update a parent row: a foreign key constraint fails');
  }
  for (const child of children) {
    if (!sharesShard(child.table, table, child.key)) throw crossShard(fullName(table), fullName(child.table));
  }
}

const fullName = (table: CatalogTable): string => `${table.keyspace.name}.${table.name}`;

function crossShard(a: string, b: string): Error {
  return planError('VT12002', 1235, '42000', `unsupported: cross-shard foreign keys between table '${a}' and '${b}'`);
}

/** SET_VAR(foreign_key_checks=…) as an optimizer hint counts before the session's setting. */
function checksOff(st: PlanningStatement, ast: Commented): boolean {
  for (const { text } of ast.comments ?? []) {
    const m = /^\/\*\+.*\bset_var\s*\(\s*foreign_key_checks\s*=\s*(\w+)/i.exec(text);
    if (m !== null) return /^(0|off|false)$/i.test(m[1] ?? '');
  }
  return st.context.foreignKeyChecks === false;
}

function tableNamed(st: PlanningStatement, name: string): CatalogTable | undefined {
  const dot = name.indexOf('.');
  return catalogTableOf(st, name.slice(0, dot), name.slice(dot + 1));
}

function childrenOf(st: PlanningStatement, parent: CatalogTable): { table: CatalogTable; key: ForeignKey }[] {
  return st.catalog.keyspaces().filter((k) => k.snapshot !== true).flatMap((k) => st.catalog.tables(k.name))
    .flatMap((table) => table.foreignKeys.filter((key) => key.parent === fullName(parent)).map((key) => ({ table, key })));
}

/** Whether child and parent row are on one shard whenever the key's columns are equal. */
function sharesShard(child: CatalogTable, parent: CatalogTable, key: ForeignKey): boolean {
  if (child.keyspace.name !== parent.keyspace.name) return false;
  if (!child.keyspace.sharded) return true;
  const [a] = child.vindexes;
  const [b] = parent.vindexes;
  if (a === undefined || b === undefined || a.vindex !== b.vindex || a.columns.length !== b.columns.length) return false;
  return a.columns.every((column, i) => {
    const at = key.columns.findIndex((c) => c.toLowerCase() === column.toLowerCase());
    return at >= 0 && key.parentColumns[at]?.toLowerCase() === b.columns[i]?.toLowerCase();
  });
}
