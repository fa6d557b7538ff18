import { build, type ColumnRef, children, parseStatement, type Query, type Select, type Statement, type SyntaxNode, type TableExpr, visit } from '../../src/sql/index.ts';

/**
 * Tables that make statements runnable whose schema nobody wrote down: each table gets the columns that the statements show it to have, all
 * of one type. A column without a qualifier is given to the only base table of its SELECT, to none where there are several.
 */
export function inventTables(statements: readonly string[]): Map<string, Set<string>> {
  const tables = new Map<string, Set<string>>();
  for (const sql of statements) {
    let statement: Statement;
    try {
      statement = parseStatement(sql);
    } catch {
      continue;
    }
    if (statement.kind === 'insert') {
      const columns = columnsOf(tables, statement.table.name);
      for (const column of statement.columns ?? []) columns.add(column.name.toLowerCase());
    } else {
      visit(statement, {
        enter: (node) => {
          if (node.kind === 'select') collect(node, tables);
        },
      });
    }
  }
  return tables;
}

function columnsOf(tables: Map<string, Set<string>>, name: string): Set<string> {
  let columns = tables.get(name);
  if (columns === undefined) {
    columns = new Set(['id']);
    tables.set(name, columns);
  }
  return columns;
}

function collect(select: Select, tables: Map<string, Set<string>>): void {
  const scope = new Map<string, string>();
  let derived = false;
  const addTable = (table: TableExpr): void => {
    if (table.kind === 'join') {
      addTable(table.left);
      addTable(table.right);
    } else if (table.kind === 'table' && table.table.schema === undefined) {
      scope.set((table.alias ?? table.table.name).toLowerCase(), table.table.name);
      columnsOf(tables, table.table.name);
    } else {
      derived = true;
    }
  };
  for (const table of select.from) addTable(table);
  const aliases = new Set(select.items.map((item) => (item.kind === 'selectExpr' ? item.alias?.toLowerCase() : undefined)));
  const only = scope.size === 1 && !derived ? [...scope.values()][0] : undefined;
  const take = (column: ColumnRef): void => {
    const name = column.name.toLowerCase();
    if (column.table !== undefined) {
      const table = scope.get(column.table.toLowerCase());
      if (table !== undefined) columnsOf(tables, table).add(name);
    } else if (only !== undefined && !aliases.has(name)) {
      columnsOf(tables, only).add(name);
    }
  };
  const walk = (node: SyntaxNode): void => {
    if (node.kind === 'column') take(node);
    // Qualified columns of inner queries may be of this SELECT (correlation); unqualified ones are theirs.
    if (node.kind === 'subquery' || node.kind === 'exists') {
      visit(node, {
        enter: (inner) => {
          if (inner.kind === 'column' && inner.table !== undefined) take(inner);
        },
      });
      return;
    }
    for (const child of children(node)) walk(child as SyntaxNode);
  };
  for (const child of children(select)) if (!isQueryOrTable(child as SyntaxNode)) walk(child as SyntaxNode);
  for (const table of select.from) joinConditions(table, walk);
}

function isQueryOrTable(node: SyntaxNode): node is Query | TableExpr {
  return node.kind === 'table' || node.kind === 'join' || node.kind === 'derivedTable' || node.kind === 'jsonTable';
}

function joinConditions(table: TableExpr, walk: (node: SyntaxNode) => void): void {
  if (table.kind !== 'join') return;
  joinConditions(table.left, walk);
  joinConditions(table.right, walk);
  if (table.on !== undefined) walk(table.on);
  for (const name of table.using ?? []) walk(build.column(name));
}
