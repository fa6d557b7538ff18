import { expect, it } from 'vitest';
import * as ids from './keywordIds.generated.ts';
import { keywordKind, keywordText } from './keywords.ts';
import { keywordWords } from './keywordWords.ts';

/** The text of `keywordIds.generated.ts`. Constants rather than a table made at start: the JavaScript engine folds them into the parser's code. */
const generated = `/**
 * Token kinds of the keywords: one constant a word, from {@link FIRST_KEYWORD} upward, in the order of \`keywordWords.ts\`.
 * Generated, not for editing: change the list there, then run \`npx vitest run src/sql/lexer/keywordIds.spec.ts -u\`.
 */
export const FIRST_KEYWORD = 256;
${keywordWords.map((word, i) => `export const ${word} = ${256 + i};\n`).join('')}`;

it('the constants are those of the list', async () => {
  await expect(generated).toMatchFileSnapshot('keywordIds.generated.ts');
});

it('the list is in order and holds no word twice', () => {
  expect(keywordWords).toEqual([...new Set(keywordWords)].toSorted());
  expect(keywordWords.filter((word) => !/^[A-Z_][A-Z0-9_]*$/.test(word))).toEqual([]);
});

it('each word has the kind of its constant, and back', () => {
  for (const [word, kind] of Object.entries(ids)) {
    if (word === 'FIRST_KEYWORD') continue;
    expect([word, keywordKind(word.toLowerCase()), keywordText(kind)]).toEqual([word, kind, word]);
  }
});
