import { type ContractionNode, type Element, type Weights, weights } from './weights.ts';

/** Longest run of marks that counts as belonging to one character (Unicode's stream-safe text format). */
const maxNonStarters = 30;
const firstSyllable = 0xac00, lastSyllable = 0xd7a3;

/** Appends the elements of what starts at `at`: one code point, or a contraction of several. Returns how many code points that took. */
export function appendElements(codePoints: readonly number[], at: number, end: number, out: Element[]): number {
  const codePoint = codePoints[at] ?? 0;
  const table = weights();
  if (table.append(codePoint, out)) return 1;
  const contraction = table.contractions.get(codePoint);
  if (contraction !== undefined) return 1 + appendContraction(table, contraction, codePoints, at + 1, end, out);
  if (codePoint >= firstSyllable && codePoint <= lastSyllable) appendSyllable(table, codePoint, out);
  else out.push(implicitPrimary(table, codePoint));
  return 1;
}

/** A Hangul syllable weighs what its jamos weigh. Source: the Unicode Standard, 3.12, "Hangul Syllable Decomposition". */
function appendSyllable(table: Weights, codePoint: number, out: Element[]): void {
  const index = codePoint - firstSyllable;
  table.append(0x1100 + Math.floor(index / 588), out);
  table.append(0x1161 + Math.floor((index % 588) / 28), out);
  if (index % 28 !== 0) table.append(0x11a7 + (index % 28), out);
}

/** What is in no table is ordered by code point: common ideographs, then rare ones, then all else. The offsets are Go's own. */
function implicitPrimary(table: Weights, codePoint: number): Element {
  if (!table.isIdeographic(codePoint)) return codePoint + 0x50000;
  const common = (codePoint >= 0x4e00 && codePoint <= 0x9fff) || (codePoint >= 0xf900 && codePoint <= 0xfaff);
  return codePoint + (common ? 0x10000 : 0x20000);
}

/**
 * Matches the longest contraction from `at` on and appends its elements. Marks in between that do not block a later part are stepped over
 * (UTS #10, S2.1) and weigh after the whole. Returns how many code points after the starter were used up.
 */
function appendContraction(table: Weights, root: ContractionNode, codePoints: readonly number[], at: number, end: number, out: Element[]): number {
  const match = new ContractionMatch(root, codePoints, at, end);
  const skipped: number[] = [];
  let usedSkips = 0;
  let here = match.advance(at);
  const firstMark = here < end && !match.finished ? table.markClasses.get(codePoints[here] ?? 0) : undefined;
  if (firstMark !== undefined) {
    let skippedFrom = here++;
    let blocking = firstMark.trail;
    match.limit = endOfMarks(table, codePoints, here, end);
    while (here < end && !match.finished) {
      const mark = table.markClasses.get(codePoints[here] ?? 0);
      if (mark === undefined || blocking >= mark.lead) break;
      blocking = mark.trail;
      const reached = match.advance(here);
      if (reached === here) {
        here++;
        continue;
      }
      for (let skip = skippedFrom; skip < here; skip++) skipped.push(codePoints[skip] ?? 0);
      if (match.matchedTo === reached) usedSkips = skipped.length;
      here = reached;
      skippedFrom = reached;
    }
  }
  out.push(...(match.elements ?? []));
  for (let skip = 0; skip < usedSkips;) skip += appendElements(skipped, skip, usedSkips, out);
  return match.matchedTo - at;
}

/** Where the marks from `at` on end: at the next starter, or where they grow past what one character may have. */
function endOfMarks(table: Weights, codePoints: readonly number[], at: number, end: number): number {
  let here = at;
  while (here < end && here - at < maxNonStarters && table.markClasses.has(codePoints[here] ?? 0)) here++;
  return here;
}

/** How far a contraction has matched: as deep as the text led, and the last point where it was whole. */
class ContractionMatch {
  readonly #codePoints: readonly number[];
  #node: ContractionNode;
  /** Elements of the longest whole match; the starter's own to begin with. */
  elements: readonly Element[] | undefined;
  matchedTo: number;
  limit: number;

  constructor(root: ContractionNode, codePoints: readonly number[], at: number, limit: number) {
    this.#node = root;
    this.#codePoints = codePoints;
    this.elements = root.elements;
    this.matchedTo = at;
    this.limit = limit;
  }

  /** Nothing could make it longer. */
  get finished(): boolean {
    return this.#node.next.size === 0;
  }

  /** Follows the text from `at` as far as it leads; returns where it stopped. */
  advance(at: number): number {
    let here = at;
    for (; here < this.limit; here++) {
      const next = this.#node.next.get(this.#codePoints[here] ?? 0);
      if (next === undefined) break;
      this.#node = next;
      if (next.elements !== undefined) {
        this.elements = next.elements;
        this.matchedTo = here + 1;
      }
    }
    return here;
  }
}
