import { build, type Expression, type Limit as LimitClause } from '../../sql/index.ts';
import type { Limit, Primitive } from '../plan.ts';
import { planValue } from '../translate/constants.ts';

export function limitPrimitive(limit: LimitClause, input: Primitive): Limit {
  return {
    op: 'Limit', input,
    ...(limit.count !== undefined && { count: planValue(limit.count) }),
    ...(limit.offset !== undefined && { offset: planValue(limit.offset) }),
  };
}

/** The bind variable that holds offset + count when a statement is run. */
export const upperLimit = '__upper_limit';

/** What each shard has to give at most: count rows after skipping nothing, since what is skipped is known only here. */
export function shardLimit(limit: LimitClause): LimitClause | undefined {
  if (limit.count === undefined || limit.withTies === true) return undefined;
  if (limit.offset === undefined) return build.limit(limit.count);
  const both: Expression[] = [limit.count, limit.offset];
  if (both.every((e) => e.kind === 'number')) {
    const sum = both.reduce((total, e) => total + BigInt(e.kind === 'number' ? e.text : '0'), 0n);
    return sum < 2n ** 64n ? build.limit(build.integer(sum)) : undefined;
  }
  return build.limit(build.bind(upperLimit));
}
