import type { Node } from '../ast/node.ts';
import type { Statement } from '../ast/statement.ts';
import { familyRules } from './family.ts';
import { dmlRules } from './dml.ts';
import { expressionRules, printExpression as expressionRule } from './expression.ts';
import { functionRules } from './functions.ts';
import { type AnyRules, type PrintMode, type PrintOptions, Printer } from './printer.ts';
import { queryRules, tableRules } from './query.ts';
import { sessionRules } from './session.ts';
import { showRules } from './show.ts';

/** All families. */
const rules: AnyRules = { ...expressionRules, ...functionRules, ...queryRules, ...tableRules, ...dmlRules, ...sessionRules, ...showRules, ...familyRules };
Object.setPrototypeOf(rules, null);

/**
 * Canonical SQL: words of the language in lower case, one space between, parentheses and quotes only where needed. It parses back to the
 * same tree (offsets aside). The style is that of Vitess's own plans.
 */
export function printStatement(statement: Statement, options?: PrintOptions): string {
  return printNode(statement, options);
}

/** An expression, or any other part of a tree. */
export function printExpression(node: Node, options?: PrintOptions): string {
  return printNode(node, options);
}

/** The mode of the servers that text printed just now is for; the default mode outside {@link printingFor}. */
let mode: PrintMode = {};

/**
 * Runs `work`, in which everything is printed for servers in this sql_mode unless the call says otherwise: a planner prints in many places and
 * none of them knows the session. `work` must not wait: the mode would hold for others too.
 */
export function printingFor<T>(settings: PrintMode, work: () => T): T {
  const before = mode;
  mode = { noBackslashEscapes: settings.noBackslashEscapes === true, highNotPrecedence: settings.highNotPrecedence === true };
  try {
    return work();
  } finally {
    mode = before;
  }
}

function printNode(node: Node, options: PrintOptions | undefined): string {
  const p = new Printer(options === undefined ? mode : { ...mode, ...options }, rules, expressionRule);
  p.node(node);
  return p.out;
}
