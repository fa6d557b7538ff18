import { FIRST_KEYWORD } from './keywordIds.generated.ts';
import { keywordWords as words } from './keywordWords.ts';
import { mariadbReserved, mysqlReserved, mysqlReservedOnly80, mysqlReservedSince84, mysqlReservedSince9 } from './reservedWords.ts';

/** One past the largest token kind; tables by kind have this length. */
export const KIND_COUNT: number = FIRST_KEYWORD + words.length;

/** Upper-case spelling of a keyword's kind (its place in the list of words and {@link FIRST_KEYWORD}); undefined for any other kind. */
export function keywordText(kind: number): string | undefined {
  return words[kind - FIRST_KEYWORD];
}

const byWord = new Map<string, number>(words.map((word, i) => [word, FIRST_KEYWORD + i]));

/** The token kind of a word in any case; 0 when it is no keyword. */
export function keywordKind(word: string): number {
  return byWord.get(word.toUpperCase()) ?? 0;
}

// The scanner finds keywords without making a string: it hashes while it scans, then compares characters with this table.
const SLOTS = 4096;
/** Longest keyword in characters; longer words need no lookup. */
export const MAX_KEYWORD_LENGTH: number = Math.max(...words.map((word) => word.length));
const slots = new Uint16Array(SLOTS);
const spelling = new Uint8Array(words.reduce((n, word) => n + word.length, 0));
const spellingAt = new Uint32Array(words.length + 1);

/** The step of the word hash; the scanner applies it to each character code. Case does not matter to it. */
export function hashStep(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code | 32)) | 0;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 13)) & (SLOTS - 1);
}

{
  let at = 0;
  words.forEach((word, i) => {
    spellingAt[i] = at;
    let hash = 0;
    for (let j = 0; j < word.length; j++) {
      const code = word.charCodeAt(j);
      spelling[at++] = code;
      hash = hashStep(hash, code);
    }
    let slot = slotOf(hash);
    while (slots[slot] !== 0) slot = (slot + 1) & (SLOTS - 1);
    slots[slot] = FIRST_KEYWORD + i;
  });
  spellingAt[words.length] = at;
}

/** The keyword in `bytes` or, when that is null, `text`, at start..end, whose {@link hashStep} hash is given; 0 when it is none. */
export function findKeyword(text: string, bytes: Uint8Array | null, start: number, end: number, hash: number): number {
  let slot = slotOf(hash);
  for (;;) {
    const kind = slots[slot] as number;
    if (kind === 0) return 0;
    const i = kind - FIRST_KEYWORD;
    const from = spellingAt[i] as number;
    if ((spellingAt[i + 1] as number) - from === end - start) {
      let k = 0;
      const length = end - start;
      while (k < length) {
        let code = bytes === null ? text.charCodeAt(start + k) : (bytes[start + k] as number);
        if (code >= 97 && code <= 122) code -= 32;
        if (code !== spelling[from + k]) break;
        k++;
      }
      if (k === length) return kind;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
}

function table(reserved: Iterable<string>): Uint8Array {
  const out = new Uint8Array(KIND_COUNT);
  for (const word of reserved) out[keywordKind(word)] = 1;
  out[0] = 0;
  return out;
}

const mysql9 = table(mysqlReserved);
const since9 = new Set(mysqlReservedSince9);
const mysql84 = table(mysqlReserved.filter((word) => !since9.has(word)));
const since84 = new Set([...mysqlReservedSince9, ...mysqlReservedSince84]);
const mysql80 = table([...mysqlReserved.filter((word) => !since84.has(word)), ...mysqlReservedOnly80]);
const mariadb = table(mariadbReserved);

/** By token kind, 1 where the keyword is reserved (can't be a name without quotes). `version` as MMmmpp: 80400, 90700, 101100. */
export function reservedTable(dialect: 'mysql' | 'mariadb', version: number): Uint8Array {
  if (dialect === 'mariadb') return mariadb;
  return version >= 90000 ? mysql9 : version >= 80400 ? mysql84 : mysql80;
}

/** By token kind, 1 where any supported server reserves the word; what the printer quotes. */
export const reservedAnywhere: Uint8Array = table([...mysqlReserved, ...mysqlReservedOnly80, ...mariadbReserved]);

/**
 * Functions that MySQL's lexer knows only with `(` directly behind (any space before it under IGNORE_SPACE); elsewhere the word is a name.
 * Source: MySQL manual, "Function Name Parsing and Resolution".
 */
export const functionWords: Uint8Array = table([
  'ADDDATE', 'BIT_AND', 'BIT_OR', 'BIT_XOR', 'CAST', 'COUNT', 'CURDATE', 'CURTIME', 'DATE_ADD', 'DATE_SUB', 'EXTRACT', 'GROUP_CONCAT',
  'JSON_ARRAYAGG', 'JSON_OBJECTAGG', 'MAX', 'MID', 'MIN', 'NOW', 'POSITION', 'SESSION_USER', 'STD', 'STDDEV', 'STDDEV_POP', 'STDDEV_SAMP', 'SUBDATE',
  'SUBSTR', 'SUBSTRING', 'SUM', 'SYSDATE', 'SYSTEM_USER', 'TRIM', 'VARIANCE', 'VAR_POP', 'VAR_SAMP',
]);
