import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The source tree itself, read: what a reviewer would otherwise have to look for each time. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { encoding: 'utf8' }).split('\n').filter((file) => file !== '' && !/\/gen\/|\.generated\.ts$/.test(file));
const text = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));

it('has no file past 500 lines', () => {
  const long = [...text].filter(([, body]) => body.split('\n').length > 501).map(([file, body]) => `${file} (${body.split('\n').length - 1})`);
  expect(long).toEqual([]);
});

it('has no room named for nothing in particular', () => {
  expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)/i.test(file))).toEqual([]);
});

it('has no test that runs alone and no empty catch', () => {
  const focused = [...text].filter(([file, body]) => !file.endsWith('tidy.test.ts') && /\b(it|test|describe)\.only\(/.test(body)).map(([file]) => file);
  const swallowed = [...text].filter(([file, body]) => !file.endsWith('tidy.test.ts') && /catch\s*(\([^)]*\))?\s*\{\s*\}/.test(body)).map(([file]) => file);
  expect({ focused, swallowed }).toEqual({ focused: [], swallowed: [] });
});

it('leaves nothing for later in the product', () => {
  const later = [...text].filter(([file, body]) => file.startsWith('src/') && /\b(TODO|FIXME|XXX)\b/.test(body)).map(([file]) => file);
  expect(later).toEqual([]);
});

it('keeps the layers: no import points up, or sideways between roles', () => {
  const out = execFileSync('node_modules/.bin/depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'src'], { encoding: 'utf8' });
  expect(out).toMatch(/no dependency violations found \([1-9]\d* modules, [1-9]\d* dependencies cruised\)/);
});
