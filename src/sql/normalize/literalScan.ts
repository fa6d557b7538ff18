import { PLAIN } from '../lexer/charsets.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import { Lexer } from '../lexer/lexer.ts';
import { SqlSettings } from '../lexer/settings.ts';
import { syntaxError } from '../lexer/syntaxError.ts';
import * as T from '../lexer/tokens.ts';
import * as C from './clauses.ts';
import { LiteralBind } from './literalBind.ts';
import * as Q from './queryTypes.ts';
import { ALIAS, DROP, LIST, SPACE } from './renderKey.ts';

/** Deepest parentheses followed; a statement nested deeper is not normalised (and the parser refuses it). */
const MAX_PARENS = 2048;
/** Longest text of a select item that becomes its alias; longer items keep their literals instead (MySQL's aliases end at 256 characters). */
const MAX_ALIAS = 64;
/** Up to here equal literals are found by looking through the binds, beyond it in a map. */
const LINEAR_BINDS = 8;

// What a parenthesis (or the statement itself) holds at present.
const EXPRESSIONS = 0;
const SELECT_LIST = 1;
const BY_LIST = 2;
const KEEP = 3;
const IN_LIST = 4;
const POSITION = 5;
const CONVERT = 6;

/**
 * One pass over a statement's tokens that decides which literals are bound, and notes how the key differs from the text. What stays:
 *
 * - a literal that is all of an ORDER BY or GROUP BY item (a position), or all of a select item (it names its column);
 * - JSON paths, separators, escapes, frame bounds, type lengths, precisions, typed literals (`date '…'`), aliases, hints, files.
 *
 * A select item that has bound literals and no alias gets its own text as alias, which is the name MySQL would give the column; where the
 * tokens do not tell for sure whether there is an alias the item stays as it is. Equal literals share a bind (save in INSERT), so that
 * `select a+1 … group by a+1` still shows the same expression twice. A list of literals behind IN becomes one list bind.
 */
export class LiteralScan {
  /** Triples for renderKey. */
  edits: number[] = [];
  binds: LiteralBind[] = [];
  end = 0;
  tail = -1;
  /** The text has binds of its own named `v<digit>…`, or `v_…` with at most `underscores` underscores. */
  takesPrefix = false;
  underscores = 0;

  private readonly lexer = new Lexer(new SqlSettings());
  private source: string | Uint8Array = '';
  private settings = new SqlSettings();
  private readonly comments: number[] = [];
  private readonly clause = new Uint8Array(MAX_PARENS);
  /** Per parenthesis: where its select item or IN list begins, in the source, the edits and the binds. */
  private readonly markStart = new Int32Array(MAX_PARENS);
  private readonly markEdits = new Int32Array(MAX_PARENS);
  private readonly markBinds = new Int32Array(MAX_PARENS);
  /** Per parenthesis: the item has an AS; the IN list has more than literals. */
  private readonly flag = new Uint8Array(MAX_PARENS);
  private inLists = 0;
  private seen: Map<string, number> | undefined = undefined;
  private params = 0;

  /** Answers false when the statement is nested too deep to follow. Throws 1064 at text that is no token. */
  run(source: string | Uint8Array, settings: SqlSettings, from: number, insert: boolean): boolean {
    this.source = source;
    this.settings = settings;
    this.edits = [];
    this.binds = [];
    this.tail = -1;
    this.takesPrefix = false;
    this.underscores = 0;
    this.inLists = 0;
    this.seen = undefined;
    this.params = 0;
    const lexer = this.lexer;
    lexer.reset(source, settings, from);
    const comments = this.comments;
    comments.length = 0;
    lexer.comments = comments;
    const clause = this.clause;
    const markStart = this.markStart;
    clause[0] = EXPRESSIONS;
    let depth = 0;
    let k2 = 0;
    let k1 = 0;
    let start1 = from;
    let end1 = from;
    let keepRest = false;
    let beginItem = false;

    for (;;) {
      let kind = lexer.next();
      // `@@key`: any word is a variable's name.
      if (k1 === T.AT_AT && kind >= K.FIRST_KEYWORD) kind = T.IDENT;
      const start = lexer.start;
      if (kind === T.EOF || kind === T.SEMICOLON) {
        if (depth === 0 && clause[0] === SELECT_LIST) this.endItem(0, end1, k1, k2, start1);
        this.end = end1;
        if (kind === T.SEMICOLON) this.findTail();
        return true;
      }
      if (kind === T.INVALID) throw syntaxError(source, start, settings);
      const gap = start - end1;
      if (gap !== 0 && (gap !== 1 || lexer.at(end1) !== 32)) this.gap(end1, start, from);
      // `'a'where`: the bind must not run into the word.
      else if (gap === 0 && kind !== T.RPAREN && kind !== T.COMMA && this.edits.length > 0 && this.edits[this.edits.length - 2] === start) this.edits.push(start, start, SPACE);
      if (beginItem && kind !== T.HINT && C.clauseActions[kind] !== C.SELECT_OPTION) {
        beginItem = false;
        this.beginItem(depth, start);
      }
      const state = clause[depth] as number;

      if (kind >= K.FIRST_KEYWORD) {
        const action = C.clauseActions[kind] as number;
        if (action !== C.NOTHING && state !== KEEP) {
          switch (action) {
            case C.SELECT_WORD:
              if (state === IN_LIST) this.inLists--;
              clause[depth] = SELECT_LIST;
              beginItem = true;
              break;
            case C.CLAUSE_WORD:
              if (state === SELECT_LIST) {
                this.endItem(depth, end1, k1, k2, start1);
                clause[depth] = EXPRESSIONS;
              } else if (state === BY_LIST) clause[depth] = EXPRESSIONS;
              break;
            case C.BY_WORD:
              if (state === EXPRESSIONS) clause[depth] = BY_LIST;
              break;
            case C.FRAME_WORD:
              if (depth > 0 && state === BY_LIST) clause[depth] = KEEP;
              else if (depth > 0 && state === EXPRESSIONS && (k1 === T.LPAREN || k1 === T.IDENT)) clause[depth] = KEEP;
              break;
            case C.KEEP_REST:
              keepRest = true;
              break;
            case C.KEEP_NEXT:
              if (kind === K.AS && state === SELECT_LIST) this.flag[depth] = 1;
              break;
          }
        }
        if (state === IN_LIST && kind !== K.SELECT) this.flag[depth] = 1;
      } else if (kind >= T.STRING && kind <= T.FLOAT_NUMBER) {
        if (!keepRest && state !== KEEP && this.mayBind(kind, state, k1, k2)) {
          this.literal(kind, state, start, lexer.end, k1, start1, end1, k2, insert, depth);
        } else if (state === IN_LIST) this.flag[depth] = 1;
      } else {
        switch (kind) {
          case T.LPAREN: {
            if (depth + 1 >= MAX_PARENS) return false;
            depth++;
            let inside: number = EXPRESSIONS;
            if (state === KEEP || C.keepsLiterals(k1, k2, state === CONVERT)) inside = KEEP;
            else if (k1 === K.POSITION) inside = POSITION;
            else if (k1 === K.CONVERT) inside = CONVERT;
            else if (k1 === K.IN && state !== POSITION && !keepRest) {
              inside = IN_LIST;
              this.inLists++;
              this.markEdits[depth] = this.edits.length;
              this.markBinds[depth] = this.binds.length;
            }
            if (state === IN_LIST) this.flag[depth - 1] = 1;
            clause[depth] = inside;
            markStart[depth] = start;
            this.flag[depth] = 0;
            break;
          }
          case T.RPAREN:
            if (depth > 0) {
              if (state === SELECT_LIST) this.endItem(depth, end1, k1, k2, start1);
              else if (state === IN_LIST) this.endList(depth, lexer.end, k1);
              depth--;
            }
            break;
          case T.COMMA:
            if (state === SELECT_LIST) {
              this.endItem(depth, end1, k1, k2, start1);
              beginItem = true;
            } else if (state === IN_LIST && (k1 === T.LPAREN || k1 === T.COMMA)) this.flag[depth] = 1;
            break;
          case T.PARAM:
            this.param(start, lexer.end);
            if (state === IN_LIST) this.flag[depth] = 1;
            break;
          case T.BIND:
          case T.LIST_BIND:
            this.noteName(start + (kind === T.BIND ? 1 : 2), lexer.end);
            if (state === IN_LIST) this.flag[depth] = 1;
            break;
          case T.MINUS:
            if (state === IN_LIST && k1 !== T.LPAREN && k1 !== T.COMMA) this.flag[depth] = 1;
            break;
          default:
            if (state === IN_LIST) this.flag[depth] = 1;
        }
      }
      k2 = k1;
      k1 = kind;
      start1 = start;
      end1 = lexer.end;
    }
  }

  /** Start, end and bind of each bound literal, in order. */
  spans(): number[] {
    const out: number[] = [];
    const edits = this.edits;
    for (let i = 0; i < edits.length; i += 3) {
      const code = edits[i + 2] as number;
      if (code >= 0) out.push(edits[i] as number, edits[i + 1] as number, code >= LIST ? code - LIST : code);
    }
    return out;
  }

  /** Lets go of the statement. */
  release(): void {
    this.lexer.release();
    this.source = '';
    this.edits = [];
    this.binds = [];
    this.seen = undefined;
  }

  private findTail(): void {
    let kind = this.lexer.next();
    while (kind === T.SEMICOLON) kind = this.lexer.next();
    this.tail = kind === T.EOF ? -1 : this.lexer.start;
  }

  /** Space or comments between two tokens become one space; directives stay. */
  private gap(from: number, to: number, first: number): void {
    let at = from;
    const comments = this.comments;
    for (let i = 0; i < comments.length; i += 2) {
      const start = comments[i] as number;
      const lexer = this.lexer;
      if (start < from || lexer.at(start + 2) !== 118 /* v */ || lexer.at(start + 3) !== 116 /* t */ || lexer.at(start + 4) !== T.PLUS) continue;
      this.edits.push(at, start, at === first ? DROP : SPACE);
      at = comments[i + 1] as number;
    }
    comments.length = 0;
    this.edits.push(at, to, at === first ? DROP : SPACE);
  }

  private mayBind(kind: number, state: number, k1: number, k2: number): boolean {
    if (kind === T.NATIONAL_STRING) return false;
    // The position in ORDER BY 1, 2; also the rest of such an item, which does no harm.
    if (state === BY_LIST && (k1 === K.BY || k1 === T.COMMA)) return false;
    if (k1 === T.ARROW || k1 === T.ARROW_ARROW) return false;
    if (k1 >= K.FIRST_KEYWORD && C.clauseActions[k1] === C.KEEP_NEXT) {
      // DATE, TIME and TIMESTAMP make a typed literal of a string only.
      return (k1 === K.DATE || k1 === K.TIME || k1 === K.TIMESTAMP) && kind !== T.STRING;
    }
    // `{d '2024-01-01'}`
    if (k2 === T.LBRACE) return false;
    // A string behind an operand is its alias; a word that is not reserved is a name, or a unit that ends an interval.
    if (kind !== T.STRING || k1 === T.STRING || k1 === T.INTRODUCER) return true;
    return C.endsOperand[k1] === 0 && !this.mayBeName(k1);
  }

  private mayBeName(kind: number): boolean {
    return kind >= K.FIRST_KEYWORD && this.settings.reserved[kind] === 0;
  }

  private literal(
    kind: number, state: number, start: number, end: number, k1: number, start1: number, end1: number, k2: number, insert: boolean, depth: number,
  ): void {
    if (kind === T.STRING && k1 === T.STRING) {
      this.joinString(end1, end, state, depth);
      return;
    }
    if (state === IN_LIST && k1 !== T.LPAREN && k1 !== T.COMMA && k1 !== T.MINUS && k1 !== T.INTRODUCER) this.flag[depth] = 1;
    let from = start;
    let type = 0;
    switch (kind) {
      case T.STRING:
        type = Q.VARCHAR;
        break;
      case T.HEX_STRING:
        type = Q.HEXVAL;
        break;
      case T.HEX_NUMBER:
        type = Q.HEXNUM;
        break;
      case T.BIT_STRING:
      case T.BIT_NUMBER:
        type = Q.BITNUM;
        break;
      case T.DECIMAL_NUMBER:
        type = Q.DECIMAL;
        break;
      case T.FLOAT_NUMBER:
        type = Q.FLOAT64;
        break;
      default:
        type = 0;
    }
    if (k1 === T.INTRODUCER) {
      // `_binary'…'` is bytes; other introducers change what the bytes mean and stay with their literal.
      if (kind !== T.STRING || !this.isBinary(start1, start)) {
        if (state === IN_LIST) this.flag[depth] = 1;
        return;
      }
      from = start1;
      type = Q.VARBINARY;
    }
    let negative = false;
    if (k1 === T.MINUS) {
      if (C.signMayFollow[k2] === 1 && kind >= T.INTEGER && !(state === BY_LIST && (k2 === K.BY || k2 === T.COMMA))) {
        negative = true;
        from = start1;
      } else if (state === IN_LIST) this.flag[depth] = 1;
    }
    if (kind === T.INTEGER) type = this.integerType(start, end, negative);
    if (from !== start) {
      // Edits of the space between the two tokens are part of this one.
      while (this.edits.length > 0 && (this.edits[this.edits.length - 3] as number) >= from) this.edits.length -= 3;
    }
    const index = insert || this.inLists > 0 ? this.add(type, from, end) : this.addOnce(type, from, end);
    this.edits.push(from, end, index);
  }

  /** `'a' 'b'` is one string; it is bound when the string before it, which ends at `end1`, was. */
  private joinString(end1: number, end: number, state: number, depth: number): void {
    const edits = this.edits;
    let last = edits.length - 3;
    while (last >= 0 && (edits[last + 2] as number) < 0) last -= 3;
    if (last < 0 || edits[last + 1] !== end1 || (edits[last + 2] as number) >= LIST) {
      if (state === IN_LIST) this.flag[depth] = 1;
      return;
    }
    const start = edits[last] as number;
    const index = edits[last + 2] as number;
    const before = this.binds[index] as LiteralBind;
    edits.length = last;
    if (before.start === start && index === this.binds.length - 1) {
      this.binds[index] = this.bind(before.type, start, end);
      edits.push(start, end, index);
    } else edits.push(start, end, this.add(before.type, start, end));
  }

  private isBinary(start: number, end: number): boolean {
    const lexer = this.lexer;
    if (end - start < 7) return false;
    for (let i = 0; i < 7; i++) if ((lexer.at(start + i) | 32) !== ('_binary'.charCodeAt(i) | 32)) return false;
    const after = lexer.at(start + 7);
    return after <= 32 || after === 39 || after === 34 || after === 47;
  }

  private integerType(start: number, end: number, negative: boolean): number {
    if (end - start < 19) return Q.INT64;
    let first = start;
    while (first < end - 1 && this.lexer.at(first) === 48 /* 0 */) first++;
    // 2^64 has 20 digits; longer ones need no arithmetic.
    if (end - first > 20) return Q.DECIMAL;
    const value = BigInt(this.lexer.slice(first, end));
    if (negative) return value <= 9223372036854775808n ? Q.INT64 : Q.DECIMAL;
    return value <= 9223372036854775807n ? Q.INT64 : value <= 18446744073709551615n ? Q.UINT64 : Q.DECIMAL;
  }

  private bind(type: number, start: number, end: number): LiteralBind {
    return new LiteralBind(type, start, end, -1, undefined, this.source, this.settings);
  }

  private add(type: number, start: number, end: number): number {
    this.binds.push(this.bind(type, start, end));
    return this.binds.length - 1;
  }

  /** The bind of an equal literal where there is one, else a new one. */
  private addOnce(type: number, start: number, end: number): number {
    const binds = this.binds;
    if (binds.length <= LINEAR_BINDS) {
      for (let i = 0; i < binds.length; i++) {
        const other = binds[i] as LiteralBind;
        if (other.type === type && other.end - other.start === end - start && this.sameText(other.start, start, end - start)) return i;
      }
      return this.add(type, start, end);
    }
    if (this.seen === undefined) {
      this.seen = new Map();
      for (let i = binds.length - 1; i >= 0; i--) {
        const bind = binds[i] as LiteralBind;
        if (bind.members === undefined && bind.param < 0) this.seen.set(this.lexer.slice(bind.start, bind.end), i);
      }
    }
    const text = this.lexer.slice(start, end);
    const found = this.seen.get(text);
    // What is in the map may have been taken back since.
    const other = found === undefined ? undefined : binds[found];
    if (found !== undefined && other !== undefined && other.type === type && other.end - other.start === end - start && this.sameText(other.start, start, end - start)) return found;
    const index = this.add(type, start, end);
    this.seen.set(text, index);
    return index;
  }

  private sameText(a: number, b: number, length: number): boolean {
    const lexer = this.lexer;
    for (let i = 0; i < length; i++) if (lexer.at(a + i) !== lexer.at(b + i)) return false;
    return true;
  }

  private param(start: number, end: number): void {
    this.binds.push(new LiteralBind(Q.NULL_TYPE, start, end, this.params++, undefined, this.source, this.settings));
    this.edits.push(start, end, this.binds.length - 1);
  }

  /** A bind of the client's own: ours must not be called the same. */
  private noteName(start: number, end: number): void {
    const lexer = this.lexer;
    if (lexer.at(start) !== 118 /* v */) return;
    let i = start + 1;
    while (i < end && lexer.at(i) === 95 /* _ */) i++;
    this.takesPrefix = true;
    this.underscores = Math.max(this.underscores, i - start - 1);
  }

  private beginItem(depth: number, start: number): void {
    this.markStart[depth] = start;
    this.markEdits[depth] = this.edits.length;
    this.markBinds[depth] = this.binds.length;
    this.flag[depth] = 0;
  }

  /** A select item ends: keep its column's name, see the class comment. */
  private endItem(depth: number, end: number, last: number, beforeLast: number, lastStart: number): void {
    const mark = this.markEdits[depth] as number;
    let bound = false;
    for (let i = mark; i < this.edits.length && !bound; i += 3) bound = (this.edits[i + 2] as number) >= 0;
    if (!bound || this.flag[depth] === 1) return;
    const start = this.markStart[depth] as number;
    // MySQL names `'a' 'b'` and `(5)` after their value, not their text.
    const first = this.lexer.at(start);
    const literalFirst = first === 39 || first === 34 || first === 95 || first === T.LPAREN;
    const single = start === lastStart;
    const named = (last === T.IDENT || last === T.QUOTED_IDENT) && C.endsOperand[beforeLast] === 1;
    if (named && !single) return;
    // Behind a word that may be a name, a string or a name may be an alias.
    const unnamed = !this.mayBeName(beforeLast) && (last === T.STRING ? C.endsOperand[beforeLast] === 0 && beforeLast !== T.INTRODUCER : C.endsOperand[last] === 1 && last < K.FIRST_KEYWORD);
    // `interval 1 day d`: behind a word that is no name's, an identifier may be an alias all the same.
    const doubtful = (last === T.IDENT || last === T.QUOTED_IDENT) && !single && beforeLast >= K.FIRST_KEYWORD;
    const plainBytes = typeof this.source === 'string' || this.settings.charset.rule === PLAIN;
    if (unnamed && !doubtful && !single && !literalFirst && plainBytes && end - start <= MAX_ALIAS && !this.hasParam(mark)) {
      this.edits.push(end, end, ALIAS - start);
      return;
    }
    this.undo(depth, mark);
  }

  private hasParam(mark: number): boolean {
    for (let i = mark; i < this.edits.length; i += 3) {
      const code = this.edits[i + 2] as number;
      if (code >= 0 && code < LIST && (this.binds[code] as LiteralBind).param >= 0) return true;
    }
    return false;
  }

  /** Takes back what was bound since the mark; `?` must stay binds. */
  private undo(depth: number, mark: number): void {
    if (this.hasParam(mark)) return;
    this.edits.length = mark;
    this.binds.length = this.markBinds[depth] as number;
  }

  /** `in (1, 2)` becomes one list bind, unless there was anything but literals. */
  private endList(depth: number, end: number, last: number): void {
    this.inLists--;
    const binds = this.binds;
    const mark = this.markBinds[depth] as number;
    if (this.flag[depth] === 1 || binds.length === mark || C.endsOperand[last] === 0) return;
    const members = binds.splice(mark);
    const start = this.markStart[depth] as number;
    binds.push(new LiteralBind(Q.TUPLE, start, end, -1, members, this.source, this.settings));
    this.edits.length = this.markEdits[depth] as number;
    this.edits.push(start, end, mark + LIST);
  }
}
