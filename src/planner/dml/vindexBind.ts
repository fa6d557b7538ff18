/** `:_column_row`, as Vitess names the bind variables of vindex columns in an INSERT. */
export function vindexBind(column: string, row: number): string {
  return `_${column.replace(/[^A-Za-z0-9_]/g, '_')}_${row}`;
}
