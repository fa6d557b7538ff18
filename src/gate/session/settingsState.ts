import { collationById } from '../../mysql/constants/collations.ts';
import type { SessionSettings } from '../../mysql/sessionSettings.ts';

/** Sessions with equal settings share one object, so that pools compare them by identity. Bounded: beyond it they are compared by key. */
const interned = new Map<string, SessionSettings>();
const MAX_INTERNED = 10_000;

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

  constructor(collationId: number) {
    const { charset, collation } = collationById(collationId);
    this.#charset = charset;
    this.#names = namesOf(charset, collationId === 255 ? undefined : collation, collationId);
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

  /** `value` is SQL text, or undefined for the server's default. */
  set(name: string, value: string | undefined): void {
    if (value === undefined) this.#variables.delete(name);
    else this.#variables.set(name, value);
    this.#settings = undefined;
  }

  get(name: string): string | undefined {
    return this.#variables.get(name);
  }

  /** The variables alone, each as one SET statement: for tablets that speak UTF-8 only (gRPC). */
  get variableStatements(): readonly string[] {
    return [...this.#variables].map(([name, value]) => `set @@session.${name} = ${value}`);
  }

  /** For pools. The same object until something changes. */
  get settings(): SessionSettings {
    if (this.#settings !== undefined) return this.#settings;
    const assignments = [...this.#variables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `@@session.${name} = ${value}`);
    const statement = `set ${[this.#names, ...assignments].join(', ')}`;
    let settings = interned.get(statement);
    if (settings === undefined) {
      settings = { key: statement, statements: [statement] };
      if (interned.size < MAX_INTERNED) interned.set(statement, settings);
    }
    this.#settings = settings;
    return settings;
  }
}

/** MySQL 8's default collation is unknown to MariaDB, so the character set alone is said: it is the server's default of it. */
function namesOf(charset: string, collation: string | undefined, id: number): string {
  return collation === undefined || id > 247 || charset === 'binary' ? `names ${charset}` : `names ${charset} collate ${collation}`;
}
