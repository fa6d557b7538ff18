/** A small deterministic generator (mulberry32), so that a failing run can be repeated from its seed. Answers 0 to n-1. */
export type Dice = (n: number) => number;

export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const pieces = [
  "'", '"', '`', '\\', '(', ')', ',', ';', '.', '@', '@@', ':', '::', '?', '/*', '*/', '/*!', '/*!80000', '/*M!', '/*+', '--', '-- ', '#', '\n', '\0', '0x', "x'", "b'", "n'", '_utf8mb4', '1e', '1.', '.5', '-', '->', '->>', ':=',
  '<=>', '||', '&&', '!', '~', '{', '}', 'select', 'from', 'where', 'case', 'when', 'then', 'end', 'in', 'between', 'and', 'not', 'interval', 'union', 'all', 'with', 'as', 'over', 'partition by', 'order by', 'group by', 'limit',
  'begin', 'if', 'create', 'table', 'primary key', 'default', 'values', 'insert into', 'on duplicate key update', 'collate', 'binary', 'cast', 'json_table', 'columns', 'lateral', 'join', 'using', 'natural', 'exists', 'é', '\u{1f600}', '\ud800', '18446744073709551616',
];

/** A text made from others by a few changes: cuts, doublings, exchanges, foreign pieces, two statements grafted. */
export function mutate(roll: Dice, corpus: readonly string[]): string {
  let text = corpus[roll(corpus.length)] as string;
  for (let i = 1 + roll(4); i > 0; i--) {
    const at = roll(text.length + 1);
    const to = Math.min(text.length, at + roll(20));
    switch (roll(7)) {
      case 0:
        text = text.slice(0, at) + text.slice(to);
        break;
      case 1:
        text = text.slice(0, at) + (pieces[roll(pieces.length)] as string) + text.slice(at);
        break;
      case 2:
        text = `${text.slice(0, at)} ${pieces[roll(pieces.length)] as string} ${text.slice(to)}`;
        break;
      case 3:
        text = text.slice(0, to) + text.slice(at, to) + text.slice(to);
        break;
      case 4: {
        const other = corpus[roll(corpus.length)] as string;
        text = text.slice(0, at) + other.slice(roll(other.length + 1));
        break;
      }
      case 5:
        text = text.slice(0, at) + String.fromCharCode(roll(256)) + text.slice(at + 1);
        break;
      default:
        text = text.slice(0, at);
    }
    if (text.length > 20_000) text = text.slice(0, 20_000);
  }
  return text;
}
