import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';

/**
 * Follows BEGIN … END, IF … END IF, CASE, LOOP, REPEAT, WHILE and MariaDB's FOR through the tokens of one statement, so that a semicolon
 * within a body is known from the one that ends the statement. Only CREATE and ALTER of a routine, trigger, event or package, and BEGIN NOT
 * ATOMIC, have bodies; in all other statements nothing is counted.
 *
 * An IF opens at its THEN: the function IF() and `if exists` have none. The THEN of WHEN and of ELSEIF opens nothing.
 */
export class BlockDepth {
  private readonly mariadb: boolean;
  private count = 0;
  private first = 0;
  private previous = 0;
  private beforePrevious = 0;
  private depth = 0;
  private body = false;
  private pendingThens = 0;

  constructor(dialect: 'mysql' | 'mariadb') {
    this.mariadb = dialect === 'mariadb';
  }

  /** For the tokens of a body alone, without the CREATE before it. */
  static ofBody(dialect: 'mysql' | 'mariadb'): BlockDepth {
    const found = new BlockDepth(dialect);
    found.body = true;
    return found;
  }

  /** Whether the tokens so far end inside a block. */
  inside(): boolean {
    return this.depth > 0;
  }

  /** Takes the next token's kind. */
  take(kind: number): void {
    if (this.count++ === 0) this.first = kind;
    if (this.body) this.follow(kind);
    else if (this.beginsBody(kind)) this.body = true;
    this.beforePrevious = this.previous;
    this.previous = kind;
  }

  private beginsBody(kind: number): boolean {
    if (this.first === K.BEGIN) {
      if (kind !== K.ATOMIC && !(this.previous === K.NOT && this.beforePrevious === K.BEGIN)) return false;
      this.depth = 1;
      return true;
    }
    if (this.first !== K.CREATE && this.first !== K.ALTER) return false;
    // The object's kind stands within the first words: `create or replace definer = 'u'@'h' sql security … procedure`.
    if (this.count > 24 || (this.count === 2 && (kind === K.TABLE || kind === K.USER))) this.count = 100;
    if (this.count > 24) return false;
    return kind === K.PROCEDURE || kind === K.FUNCTION || kind === K.TRIGGER || kind === K.EVENT || kind === K.PACKAGE;
  }

  private follow(kind: number): void {
    const ending = this.previous === K.END;
    switch (kind) {
      case K.BEGIN:
        if (this.previous !== T.DOT && !ending) this.depth++;
        break;
      case K.CASE:
        if (!ending) this.depth++;
        break;
      case K.LOOP:
      case K.WHILE:
        if (!ending) this.depth++;
        break;
      case K.REPEAT:
        // REPEAT( is the function; a body never begins with a parenthesis right there.
        if (!ending) this.depth++;
        break;
      case T.LPAREN:
        if (this.previous === K.REPEAT && this.depth > 0) this.depth--;
        break;
      case K.IN:
        if (this.mariadb && this.beforePrevious === K.FOR && (this.previous === T.IDENT || this.previous === T.QUOTED_IDENT)) this.depth++;
        break;
      case K.WHEN:
      case K.ELSEIF:
        this.pendingThens++;
        break;
      case K.THEN:
        if (this.pendingThens > 0) this.pendingThens--;
        else this.depth++;
        break;
      case K.END:
        if (this.depth > 0) this.depth--;
        break;
    }
  }
}
