import type { Interval, IntervalUnit } from '../ast/expression.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import type { Cursor } from './cursor.ts';

const units: ReadonlyMap<number, IntervalUnit> = new Map<number, IntervalUnit>([
  [K.MICROSECOND, 'microsecond'], [K.SECOND, 'second'], [K.MINUTE, 'minute'], [K.HOUR, 'hour'], [K.DAY, 'day'], [K.WEEK, 'week'],
  [K.MONTH, 'month'], [K.QUARTER, 'quarter'], [K.YEAR, 'year'], [K.SECOND_MICROSECOND, 'second_microsecond'],
  [K.MINUTE_MICROSECOND, 'minute_microsecond'], [K.MINUTE_SECOND, 'minute_second'], [K.HOUR_MICROSECOND, 'hour_microsecond'],
  [K.HOUR_SECOND, 'hour_second'], [K.HOUR_MINUTE, 'hour_minute'], [K.DAY_MICROSECOND, 'day_microsecond'], [K.DAY_SECOND, 'day_second'],
  [K.DAY_MINUTE, 'day_minute'], [K.DAY_HOUR, 'day_hour'], [K.YEAR_MONTH, 'year_month'],
  [K.SQL_TSI_SECOND, 'second'], [K.SQL_TSI_MINUTE, 'minute'], [K.SQL_TSI_HOUR, 'hour'], [K.SQL_TSI_DAY, 'day'], [K.SQL_TSI_WEEK, 'week'],
  [K.SQL_TSI_MONTH, 'month'], [K.SQL_TSI_QUARTER, 'quarter'], [K.SQL_TSI_YEAR, 'year'],
]);

/** A unit of time. The SQL_TSI_ spellings, which only TIMESTAMPADD and TIMESTAMPDIFF take, are the plain units. */
export function intervalUnit(c: Cursor): IntervalUnit {
  const unit = units.get(c.kind);
  if (unit === undefined) throw c.unexpected('a unit of time');
  c.advance();
  return unit;
}

/** `INTERVAL expr unit`, with the cursor on INTERVAL. */
export function interval(c: Cursor): Interval {
  const start = c.start;
  c.advance();
  const amount = c.grammar.expression(c);
  const unit = intervalUnit(c);
  return { kind: 'interval', amount, unit, start, end: c.lastEnd };
}
