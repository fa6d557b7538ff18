import type { ExecuteOptions, Target } from './queryService.ts';

const levels: Readonly<Partial<Record<NonNullable<ExecuteOptions['transactionIsolation']>, string>>> = {
  REPEATABLE_READ: 'repeatable read', READ_COMMITTED: 'read committed', READ_UNCOMMITTED: 'read uncommitted', SERIALIZABLE: 'serializable',
  CONSISTENT_SNAPSHOT_READ_ONLY: 'repeatable read',
};

/** The statements that open a transaction as asked. On a replica it is read-only unless asked otherwise, as vttablet has it. AUTOCOMMIT opens none. */
export function beginStatements(target: Target, options: ExecuteOptions | undefined): readonly string[] {
  const isolation = options?.transactionIsolation ?? 'DEFAULT';
  if (isolation === 'AUTOCOMMIT') return [];
  const level = levels[isolation];
  const modes = new Set(options?.transactionAccessMode ?? []);
  if (isolation === 'CONSISTENT_SNAPSHOT_READ_ONLY') modes.add('CONSISTENT_SNAPSHOT').add('READ_ONLY');
  if (target.tabletType !== 'PRIMARY' && !modes.has('READ_WRITE')) modes.add('READ_ONLY');
  const words = [
    ...(modes.has('CONSISTENT_SNAPSHOT') ? ['with consistent snapshot'] : []),
    ...(modes.has('READ_ONLY') ? ['read only'] : modes.has('READ_WRITE') ? ['read write'] : []),
  ];
  return [...(level === undefined ? [] : [`set transaction isolation level ${level}`]), words.length === 0 ? 'begin' : `start transaction ${words.join(', ')}`];
}
