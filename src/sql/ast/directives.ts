import type { Commented } from './node.ts';

/**
 * Vitess's directives of a statement: `/*vt+ QUERY_TIMEOUT_MS=100 SCATTER_ERRORS_AS_WARNINGS *\/`. Names are upper case, values as written (`true` for a name alone);
 * of several with one name the last counts. Only comments before and right behind the verb are looked at, as in Vitess.
 */
export function directives(statement: Commented): Readonly<Record<string, string | true>> {
  const found: Record<string, string | true> = {};
  for (const comment of statement.comments ?? []) {
    if (comment.placement === 'trailing' || !comment.text.startsWith('/*vt+')) continue;
    for (const word of comment.text.slice(5, -2).trim().split(/\s+/)) {
      if (word === '') continue;
      const equals = word.indexOf('=');
      if (equals < 0) found[word.toUpperCase()] = true;
      else found[word.slice(0, equals).toUpperCase()] = word.slice(equals + 1);
    }
  }
  return found;
}
