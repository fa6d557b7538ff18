import type { Node } from '../ast/node.ts';
import type { Statement } from '../ast/statement.ts';
import { familyRules } from './family.ts';
import { dmlRules } from './dml.ts';
import { expressionRules, printExpression as expressionRule } from './expression.ts';
import { functionRules } from './functions.ts';
import { type AnyRules, type PrintOptions, Printer } from './printer.ts';
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
export function printStatement(statement: Statement, options: PrintOptions = {}): string {
  return printNode(statement, options);
}

/** An expression, or any other part of a tree. */
export function printExpression(node: Node, options: PrintOptions = {}): string {
  return printNode(node, options);
}

function printNode(node: Node, options: PrintOptions): string {
  const p = new Printer(options, rules, expressionRule);
  p.node(node);
  return p.out;
}
