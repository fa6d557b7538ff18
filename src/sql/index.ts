/** SQL for MySQL, MariaDB and Vitess: the tree, and what makes, walks, changes and prints it. */
export type * from './ast/index.ts';
export type { SyntaxNode } from './ast/syntaxNode.ts';
export * as build from './ast/build.ts';
export { children, isNode } from './ast/children.ts';
export { directives } from './ast/directives.ts';
export { mapChildren, rewrite, rewriteTopDown } from './ast/rewrite.ts';
export { sameTree } from './ast/sameTree.ts';
export { findAll, some, visit, type Visitor } from './ast/visit.ts';
export { parseExpression, parseStatement, parseStatements } from './parser/index.ts';
export { printExpression, printStatement } from './printer/index.ts';
export type { PrintOptions } from './printer/printer.ts';
export { type SqlMode, type SqlOptions, SqlSettings, settingsOf, sqlModeOf } from './lexer/settings.ts';
export { SqlSyntaxError } from './lexer/syntaxError.ts';
export { LiteralBind, type TypedValue } from './normalize/literalBind.ts';
export { bindName, bindVariables, type NormalizedQuery, normalize } from './normalize/normalize.ts';
export type { QuickKind } from './normalize/statementKind.ts';
export { parseJsonLine } from './parseJsonLine.ts';
export { splitStatements } from './splitStatements/splitStatements.ts';
