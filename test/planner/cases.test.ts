import { describe, expect, it } from 'vitest';
import { explainJsonLine, loadSchemaDir } from '../../src/planner/index.ts';
import { casesDir, judge, readCases } from './cases.ts';

/** Raised as the planner learns; never lowered. Percent of the three measures of Vitess's planner cases. */
const floors = { single: 99, multi: 95.5, error: 98 };

const cases = readCases();

describe.skipIf(cases === undefined)('the planner cases of Vitess', () => {
  it('are planned as well as Vitess plans them', () => {
    const dir = loadSchemaDir(`${casesDir}/planner_schemas`);
    const counts = new Map<string, Record<'single' | 'multi' | 'error', { ok: number; all: number }>>();
    const countOf = (file: string) => {
      let found = counts.get(file);
      if (found === undefined) counts.set(file, (found = { single: { ok: 0, all: 0 }, multi: { ok: 0, all: 0 }, error: { ok: 0, all: 0 } }));
      return found;
    };
    for (const { line, given } of cases ?? []) {
      const verdict = judge(given, JSON.parse(explainJsonLine(dir, line)));
      for (const file of [given.file, 'all']) {
        const count = countOf(file)[verdict.group];
        count.all++;
        if (verdict.ok) count.ok++;
      }
      if (!verdict.ok && process.env.VTREWIND_CASES_SHOW !== undefined && new RegExp(process.env.VTREWIND_CASES_SHOW).test(`${verdict.group} ${given.file}`)) {
        console.log(`${given.file}#${given.index} ${given.query}\n    ${verdict.why}`);
      }
    }
    const lines = [...counts].map(([file, c]) => `${file.padEnd(44)} single ${part(c.single)}  multi ${part(c.multi)}  error ${part(c.error)}`);
    console.log(lines.join('\n'));
    const all = countOf('all');
    expect(percent(all.single)).toBeGreaterThanOrEqual(floors.single);
    expect(percent(all.multi)).toBeGreaterThanOrEqual(floors.multi);
    expect(percent(all.error)).toBeGreaterThanOrEqual(floors.error);
  });
});

const percent = ({ ok, all }: { ok: number; all: number }): number => (all === 0 ? 100 : (ok / all) * 100);
const part = (c: { ok: number; all: number }): string => `${String(c.ok).padStart(4)}/${String(c.all).padEnd(4)} ${percent(c).toFixed(1).padStart(5)}%`;
