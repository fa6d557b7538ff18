import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the case files lie: VTREWIND_CASES, or beside the project. */
export const casesFolder: string = process.env.VTREWIND_CASES ?? join(import.meta.dirname, '../../../shared/fixtures/cases');

/** Whether the case files are there; tests that need them skip otherwise. */
export const hasCases: boolean = existsSync(join(casesFolder, 'sql_corpus.jsonl'));

if (!hasCases) console.warn(`skipped: no case files in ${casesFolder} (set VTREWIND_CASES)`);

/** The lines of a case file, decoded. */
export function readCases<Line>(file: string): Line[] {
  return readFileSync(join(casesFolder, file), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

/** The different statements of both corpora; empty when they are not there. */
export function corpusStatements(): string[] {
  if (!hasCases) return [];
  return [...new Set([...readCases<{ sql: string }>('sql_corpus.jsonl').map((line) => line.sql), ...readCases<{ query: string }>('plan_cases.jsonl').map((line) => line.query)])];
}
