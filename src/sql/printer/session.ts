import type { Commit, Rollback } from '../ast/transaction.ts';
import type { PrintRules, Printer } from './printer.ts';

export const sessionRules: PrintRules<
  | 'set' | 'setVariable' | 'localTarget' | 'setNames' | 'setCharacterSet' | 'setTransaction' | 'setForStatement' | 'use'
  | 'begin' | 'commit' | 'rollback' | 'savepoint' | 'releaseSavepoint'
> = {
  set: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('set');
    p.comments(n.comments, 'verb');
    p.text(' ');
    p.list(n.assignments);
    p.comments(n.comments, 'trailing');
  },
  setVariable: (p, n) => {
    p.node(n.target);
    p.text(' = ');
    if (n.value.kind === 'column' && n.value.table === undefined && bareWords.has(n.value.name.toLowerCase())) p.text(n.value.name);
    else p.expression(n.value);
  },
  localTarget: (p, n) => {
    if (n.qualifier !== undefined) {
      if (n.qualifier === 'default') p.text('default');
      else p.name(n.qualifier);
      p.text('.');
    }
    if (n.qualifier === undefined && ambiguousTargets.has(n.name.toLowerCase())) p.quotedName(n.name);
    else p.name(n.name);
  },
  setNames: (p, n) => {
    p.text(`names ${n.charset === undefined ? 'default' : charset(n.charset)}`);
    if (n.collation !== undefined) p.text(` collate ${charset(n.collation)}`);
  },
  setCharacterSet: (p, n) => p.text(`character set ${n.charset === undefined ? 'default' : charset(n.charset)}`),
  setTransaction: (p, n) => {
    p.comments(n.comments, 'leading');
    const parts: string[] = [];
    if (n.isolation !== undefined) parts.push(`isolation level ${n.isolation}`);
    if (n.access !== undefined) parts.push(n.access);
    p.text(`set ${n.scope === undefined ? '' : `${n.scope} `}transaction ${parts.join(', ')}`);
    p.comments(n.comments, 'trailing');
  },
  setForStatement: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('set statement ');
    p.list(n.assignments);
    p.text(' for ');
    p.node(n.statement);
    p.comments(n.comments, 'trailing');
  },
  use: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('use');
    if (n.target !== undefined) {
      p.text(' ');
      p.name(n.target);
    }
    p.comments(n.comments, 'trailing');
  },
  begin: (p, n) => {
    p.comments(n.comments, 'leading');
    if (n.form === 'begin') {
      p.text('begin');
    } else {
      const parts = [...(n.consistentSnapshot ? ['with consistent snapshot'] : []), ...(n.access === undefined ? [] : [n.access])];
      p.text(parts.length === 0 ? 'start transaction' : `start transaction ${parts.join(', ')}`);
    }
    p.comments(n.comments, 'trailing');
  },
  commit: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('commit');
    completion(p, n);
    p.comments(n.comments, 'trailing');
  },
  rollback: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('rollback');
    if (n.savepoint !== undefined) {
      p.text(' to ');
      p.name(n.savepoint);
    }
    completion(p, n);
    p.comments(n.comments, 'trailing');
  },
  savepoint: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('savepoint ');
    p.name(n.name);
    p.comments(n.comments, 'trailing');
  },
  releaseSavepoint: (p, n) => {
    p.comments(n.comments, 'leading');
    p.text('release savepoint ');
    p.name(n.name);
    p.comments(n.comments, 'trailing');
  },
};

/** Reserved words that are values of variables. */
const bareWords: ReadonlySet<string> = new Set(['on', 'all', 'binary', 'row', 'system']);

/** Words that SET reads as something else than a variable's name. */
const ambiguousTargets: ReadonlySet<string> = new Set([
  'global', 'session', 'local', 'persist', 'persist_only', 'names', 'transaction', 'password', 'role', 'charset', 'character', 'statement', 'resource',
]);

function charset(name: string): string {
  return /^[a-z0-9_]+$/.test(name) ? name : `'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function completion(p: Printer, n: Commit | Rollback): void {
  if (n.chain !== undefined) p.text(n.chain ? ' and chain' : ' and no chain');
  if (n.release !== undefined) p.text(n.release ? ' release' : ' no release');
}
