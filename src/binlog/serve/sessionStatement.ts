import { VtrewindError } from '../../base/errors.ts';

/** An expression as replicas and binlog tools send them while they introduce themselves. */
export type SessionExpression =
  | { readonly type: 'system'; readonly name: string } | { readonly type: 'user'; readonly name: string } | { readonly type: 'literal'; readonly value: string | null }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly SessionExpression[] };

export type SessionStatement =
  | { readonly type: 'select'; readonly columns: readonly { readonly expression: SessionExpression; readonly name: string }[] }
  | { readonly type: 'set'; readonly assignments: readonly { readonly user: boolean; readonly name: string; readonly value: SessionExpression }[] }
  | { readonly type: 'show'; readonly what: 'variables'; readonly like: string }
  | { readonly type: 'show'; readonly what: 'binaryLogs' | 'binlogStatus' | 'replicas' | 'warnings' }
  | { readonly type: 'purge' } | { readonly type: 'nothing' };

type Token = { readonly kind: 'word' | 'user' | 'system' | 'string' | 'number' | 'punct'; readonly text: string; readonly start: number; readonly end: number };
const tokenPattern = /\s+|\/\*.*?\*\/|(?<system>@@(?:(?:global|session|local)\s*\.\s*)?`?[a-z_][\w.]*`?)|(?<user>@`?[a-z_$][\w$.]*`?)|(?<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")|(?<number>\d+(?:\.\d+)?)|(?<word>`[^`]+`|[a-z_][\w$.]*)|(?<punct>:=|[-=(),;*+])/giys;
const maxStatementBytes = 64 * 1024;

/** The statements a binlog server understands; anything else throws VTR1214 (MySQL 1235). Small on purpose: this is no SQL server. */
export function parseSessionStatement(sql: string): SessionStatement {
  if (sql.length > maxStatementBytes) throw notUnderstood(sql);
  const tokens = [...tokenize(sql)];
  if (tokens.at(-1)?.text === ';') tokens.pop();
  const first = tokens[0]?.text.toUpperCase();
  const parser = new Parser(sql, tokens);
  switch (first) {
    case undefined: return { type: 'nothing' };
    case 'SELECT': return parser.select();
    case 'SET': return parser.set();
    case 'SHOW': return show(sql, tokens);
    case 'PURGE': case 'RESET': return { type: 'purge' };
    case 'USE': case 'COMMIT': case 'ROLLBACK': case 'BEGIN': case 'START': return { type: 'nothing' };
    default: throw notUnderstood(sql);
  }
}

function* tokenize(sql: string): Generator<Token, void, void> {
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < sql.length) {
    const start = tokenPattern.lastIndex;
    const m = tokenPattern.exec(sql);
    if (m === null) throw notUnderstood(sql);
    for (const kind of ['word', 'user', 'system', 'string', 'number', 'punct'] as const) {
      const text = m.groups?.[kind];
      if (text !== undefined) yield { kind, text, start, end: start + text.length };
    }
  }
}

class Parser {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  #at = 1;

  constructor(sql: string, tokens: readonly Token[]) {
    this.#sql = sql;
    this.#tokens = tokens;
  }

  select(): SessionStatement {
    const columns: { expression: SessionExpression; name: string }[] = [];
    do {
      const start = this.#peek()?.start ?? 0;
      const expression = this.#expression();
      let name = this.#sql.slice(start, this.#tokens[this.#at - 1]?.end ?? start);
      if (this.#word('AS')) name = unquote(this.#next('word', 'string').text);
      columns.push({ expression, name });
    } while (this.#punct(','));
    if (this.#word('LIMIT')) this.#next('number');
    this.#end();
    return { type: 'select', columns };
  }

  set(): SessionStatement {
    const assignments: { user: boolean; name: string; value: SessionExpression }[] = [];
    do {
      if (this.#word('NAMES') || this.#word('CHARSET')) {
        this.#next('word', 'string');
        if (this.#word('COLLATE')) this.#next('word', 'string');
        continue;
      }
      if (!this.#word('SESSION')) this.#word('LOCAL');
      const target = this.#next('user', 'system', 'word');
      if (!this.#punct('=') && !this.#punct(':=')) throw notUnderstood(this.#sql);
      assignments.push({ user: target.kind === 'user', name: variableName(target.text), value: this.#expression() });
    } while (this.#punct(','));
    this.#end();
    return { type: 'set', assignments };
  }

  #expression(): SessionExpression {
    if (this.#punct('-')) return { type: 'literal', value: `-${this.#next('number').text}` };
    const token = this.#next('system', 'user', 'string', 'number', 'word');
    switch (token.kind) {
      case 'system': return { type: 'system', name: variableName(token.text) };
      case 'user': return { type: 'user', name: variableName(token.text) };
      case 'string': return { type: 'literal', value: unquote(token.text) };
      case 'number': return { type: 'literal', value: token.text };
      default:
    }
    if (!this.#punct('(')) return { type: 'literal', value: /^null$/i.test(token.text) ? null : token.text };
    const args: SessionExpression[] = [];
    if (!this.#punct(')')) {
      do args.push(this.#expression());
      while (this.#punct(','));
      if (!this.#punct(')')) throw notUnderstood(this.#sql);
    }
    return { type: 'call', name: token.text.toLowerCase(), args };
  }

  #peek(): Token | undefined { return this.#tokens[this.#at]; }
  #next(...kinds: readonly Token['kind'][]): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined || !kinds.includes(token.kind)) throw notUnderstood(this.#sql);
    return token;
  }
  #word(word: string): boolean { return this.#take('word', word); }
  #punct(text: string): boolean { return this.#take('punct', text); }
  #take(kind: Token['kind'], text: string): boolean {
    const token = this.#peek();
    if (token?.kind !== kind || token.text.toUpperCase() !== text) return false;
    this.#at++;
    return true;
  }
  #end(): void {
    if (this.#at < this.#tokens.length) throw notUnderstood(this.#sql);
  }
}

function show(sql: string, tokens: readonly Token[]): SessionStatement {
  const words = tokens.slice(1).filter((token) => token.kind === 'word').map((token) => token.text.toUpperCase()).filter((word) => !['GLOBAL', 'SESSION', 'FULL'].includes(word));
  const shown = words.join(' ');
  const text = tokens.find((token) => token.kind === 'string');
  if (/^VARIABLES (LIKE|WHERE)/.test(shown) && text !== undefined) return { type: 'show', what: 'variables', like: unquote(text.text).toLowerCase() };
  if (shown === 'BINARY LOGS' || shown === 'MASTER LOGS') return { type: 'show', what: 'binaryLogs' };
  if (shown === 'MASTER STATUS' || shown === 'BINARY LOG STATUS' || shown === 'BINLOG STATUS') return { type: 'show', what: 'binlogStatus' };
  if (shown === 'SLAVE HOSTS' || shown === 'REPLICAS' || shown === 'REPLICA HOSTS') return { type: 'show', what: 'replicas' };
  if (shown.startsWith('WARNINGS')) return { type: 'show', what: 'warnings' };
  throw notUnderstood(sql);
}

/** `@@GLOBAL.Server_ID` → `server_id`, `@Slave_UUID` → `slave_uuid`. */
function variableName(text: string): string {
  return text.replace(/^@{0,2}/, '').replace(/^(global|session|local)\s*\.\s*/i, '').replaceAll('`', '').toLowerCase();
}

function unquote(text: string): string {
  const quote = text[0];
  if (quote === '`') return text.slice(1, -1);
  if (quote !== "'" && quote !== '"') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote).replace(/\\(.)/gs, '$1');
}

function notUnderstood(sql: string): VtrewindError {
  const shown = sql.length > 200 ? `${sql.slice(0, 200)}…` : sql;
  return new VtrewindError({
    code: 'VTR1215', mysql: 1235, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `this is a binlog server and does not run: ${shown}`,
    hint: 'connect replicas, mysqlbinlog or mariadb-binlog here, and clients to the gate',
  });
}
