import { VtrewindError } from '../../base/errors.ts';
import { type Charset, charsetNamed } from './charsets.ts';
import { reservedTable } from './keywords.ts';

/** The parts of sql_mode that change how text is read. All false by default, as in MySQL's default mode. */
export interface SqlMode {
  readonly ansiQuotes?: boolean;
  readonly pipesAsConcat?: boolean;
  readonly noBackslashEscapes?: boolean;
  readonly ignoreSpace?: boolean;
  readonly highNotPrecedence?: boolean;
}

export type Dialect = 'mysql' | 'mariadb';

/** How SQL text is to be read. */
export interface SqlOptions {
  /** Default `mysql`. */
  readonly dialect?: Dialect;
  /** Server version as MMmmpp (80044, 80407, 90700, 101114), against which versioned comments are held; default 90700 or 101100. */
  readonly version?: number;
  readonly sqlMode?: SqlMode;
  /** character_set_client of a byte source; default utf8mb4. Strings are Unicode already and need none. */
  readonly charset?: string;
  /** Longest text accepted, in bytes or UTF-16 units; default 64 MiB, MySQL's default max_allowed_packet. */
  readonly maxLength?: number;
  /** Deepest nesting of expressions, queries and blocks that the parser accepts; default 200. */
  readonly maxDepth?: number;
}

/** {@link SqlOptions} made ready: build once a session, reuse for every statement. */
export class SqlSettings {
  readonly dialect: Dialect;
  readonly version: number;
  readonly ansiQuotes: boolean;
  readonly pipesAsConcat: boolean;
  readonly noBackslashEscapes: boolean;
  readonly ignoreSpace: boolean;
  readonly highNotPrecedence: boolean;
  readonly charset: Charset;
  readonly maxLength: number;
  readonly maxDepth: number;
  /** By token kind: 1 where the word is reserved. */
  readonly reserved: Uint8Array;

  /** Throws 1115 or 1231 for a character set that is unknown or not for clients, 1210 for a limit or version that is no positive integer. */
  constructor(options: SqlOptions = {}) {
    this.dialect = options.dialect ?? 'mysql';
    this.version = positive('version', options.version ?? (this.dialect === 'mariadb' ? 101100 : 90700));
    this.ansiQuotes = options.sqlMode?.ansiQuotes ?? false;
    this.pipesAsConcat = options.sqlMode?.pipesAsConcat ?? false;
    this.noBackslashEscapes = options.sqlMode?.noBackslashEscapes ?? false;
    this.ignoreSpace = options.sqlMode?.ignoreSpace ?? false;
    this.highNotPrecedence = options.sqlMode?.highNotPrecedence ?? false;
    this.charset = charsetNamed(options.charset ?? 'utf8mb4');
    this.maxLength = positive('maxLength', options.maxLength ?? 64 * 1024 * 1024);
    this.maxDepth = positive('maxDepth', options.maxDepth ?? 200);
    this.reserved = reservedTable(this.dialect, this.version);
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new VtrewindError({ code: 'VTR0203', mysql: 1210, grpc: 'INVALID_ARGUMENT', message: `Incorrect arguments to ${name}: ${value}`, hint: 'give a positive integer' });
}

const defaultSettings = new SqlSettings();

/** Settings as they are, or made from options; the default ones for undefined. */
export function settingsOf(options: SqlOptions | SqlSettings | undefined): SqlSettings {
  if (options === undefined) return defaultSettings;
  return options instanceof SqlSettings ? options : new SqlSettings(options);
}

const ansi: SqlMode = { ansiQuotes: true, pipesAsConcat: true, ignoreSpace: true };
const modeFlags: Readonly<Record<string, SqlMode>> = {
  ANSI_QUOTES: { ansiQuotes: true },
  PIPES_AS_CONCAT: { pipesAsConcat: true },
  NO_BACKSLASH_ESCAPES: { noBackslashEscapes: true },
  IGNORE_SPACE: { ignoreSpace: true },
  HIGH_NOT_PRECEDENCE: { highNotPrecedence: true },
  ANSI: ansi, DB2: ansi, MAXDB: ansi, MSSQL: ansi, ORACLE: ansi, POSTGRESQL: ansi,
};

/** The flags in a sql_mode value such as `ANSI_QUOTES,STRICT_TRANS_TABLES`, combined modes included; modes that do not matter here are passed over. */
export function sqlModeOf(value: string): SqlMode {
  let mode: SqlMode = {};
  for (const name of value.split(',')) mode = { ...mode, ...modeFlags[name.trim().toUpperCase()] };
  return mode;
}
