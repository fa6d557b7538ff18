import { collationById } from '../../mysql/constants/collations.ts';
import type { SessionSettings } from '../../mysql/sessionSettings.ts';

/** Sessions with equal settings share one object, so that pools compare them by identity. Bounded: beyond it they are compared by key. */
const interned = new Map<string, SessionSettings>();
const MAX_INTERNED = 10_000;
/** In force on every connection of a tablet. */
const TABLET_NAMES = 'names utf8mb4';

/**
 * What a session has set, and the one statement that brings a fresh connection there. The character set comes from the client's handshake and
 * is always said, since connections are shared by clients of all kinds.
 */
export class SettingsState {
  #names: string;
  /** Name (lower case) to the SQL text of its value. */
  readonly #variables = new Map<string, string>();
  #settings: SessionSettings | undefined;
  #charset: string;
  readonly #transaction = new Map<'isolation' | 'access', string>();

  constructor(collationId: number) {
    const { charset, collation } = collationById(collationId);
    this.#charset = charset;
    this.#names = namesOf(charset, collation, collationId);
  }

  /** As after login. */
  reset(collationId: number): void {
    const { charset, collation } = collationById(collationId);
    this.#charset = charset;
    this.#names = namesOf(charset, collation, collationId);
    this.#variables.clear();
    this.#transaction.clear();
    this.#settings = undefined;
  }

  /** character_set_client. */
  get charset(): string {
    return this.#charset;
  }

  /** SET NAMES; undefined is DEFAULT. */
  setNames(charset: string | undefined, collation: string | undefined): void {
    this.#charset = charset ?? 'utf8mb4';
    this.#names = `names ${this.#charset}${collation === undefined ? '' : ` collate ${collation}`}`;
    for (const name of ['character_set_client', 'character_set_results', 'character_set_connection', 'collation_connection']) this.#variables.delete(name);
    this.#settings = undefined;
  }

  /** For {@link restoreNames}. */
  get namesState(): { readonly names: string; readonly charset: string } {
    return { names: this.#names, charset: this.#charset };
  }
  restoreNames(state: { readonly names: string; readonly charset: string }): void {
    this.#names = state.names;
    this.#charset = state.charset;
    this.#settings = undefined;
  }

  /** SET SESSION TRANSACTION: `isolation level …` or `read only`; spelled the same on both flavours, other than its variables. */
  setTransaction(which: 'isolation' | 'access', text: string | undefined): void {
    if (text === undefined) this.#transaction.delete(which);
    else this.#transaction.set(which, text);
    this.#settings = undefined;
  }
  transaction(which: 'isolation' | 'access'): string | undefined {
    return this.#transaction.get(which);
  }

  /** `value` is SQL text, or undefined for the server's default. */
  set(name: string, value: string | undefined): void {
    if (value === undefined) this.#variables.delete(name);
    else this.#variables.set(name, value);
    this.#settings = undefined;
  }

  get(name: string): string | undefined {
    return this.#variables.get(name);
  }

  /** Each as one SET statement, as a tablet's query service takes them; what every connection of a tablet has anyway is left out. */
  get serviceStatements(): readonly string[] {
    return [...(this.#names === TABLET_NAMES ? [] : [`set ${this.#names}`]), ...[...this.#variables].map(([name, value]) => `set @@session.${name} = ${value}`), ...this.#transactionStatements()];
  }

  #transactionStatements(): string[] {
    return [...this.#transaction.values()].map((text) => `set session transaction ${text}`);
  }

  /** For pools. The same object until something changes. */
  get settings(): SessionSettings {
    if (this.#settings !== undefined) return this.#settings;
    const assignments = [...this.#variables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `@@session.${name} = ${value}`);
    const statement = `set ${[this.#names, ...assignments].join(', ')}`;
    const statements = [statement, ...this.#transactionStatements()];
    const key = statements.join('; ');
    let settings = interned.get(key);
    if (settings === undefined) {
      settings = { key, statements };
      if (interned.size < MAX_INTERNED) interned.set(key, settings);
    }
    this.#settings = settings;
    return settings;
  }
}

/** MySQL 8's default collation is unknown to MariaDB, so the character set alone is said: it is the server's default of it. */
function namesOf(charset: string, collation: string, id: number): string {
  return id > 247 || charset === 'binary' ? `names ${charset}` : `names ${charset} collate ${collation}`;
}
