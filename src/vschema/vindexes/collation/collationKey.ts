import { isUtf8 } from 'node:buffer';
import { appendElements } from './elements.ts';
import { classOf, type Element, primaryOf } from './weights.ts';

/** More marks than this after one character are ordered in portions, as Go's collator does it. */
const maxMarks = 30;

/**
 * The sort key of a text at strength primary (case, accents and width ignored): its primary weights in order, two bytes each, or three with
 * the top bit set where the weight is past 7fff. Byte for byte the key of Go's golang.org/x/text/collate for English with Loose, which
 * Vitess hashes. Undefined when `text` is not UTF-8.
 */
export function collationKey(text: Buffer): Buffer | undefined {
  const plain = asciiKey(text);
  if (plain !== undefined) return plain;
  if (!isUtf8(text)) return undefined;
  const codePoints = Array.from(text.toString(), (character) => character.codePointAt(0) ?? 0);
  const elements = orderedElements(codePoints);
  const key = Buffer.allocUnsafe(elements.length * 3);
  let length = 0;
  for (const element of elements) {
    const primary = primaryOf(element);
    if (primary === 0) continue;
    if (primary > 0x7fff) key[length++] = (primary >>> 16) | 0x80;
    key[length++] = (primary >>> 8) & 0xff;
    key[length++] = primary & 0xff;
  }
  return key.subarray(0, length);
}

/** The common case without elements and arrays: one weight of two bytes for each ASCII character; undefined when the text has another. */
function asciiKey(text: Buffer): Buffer | undefined {
  const primaries = (asciiPrimaries ??= readAsciiPrimaries());
  const key = Buffer.allocUnsafe(text.length * 2);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const primary = primaries[text[at] ?? 0];
    if (primary === undefined) return undefined;
    if (primary === 0) continue;
    key[length++] = primary >>> 8;
    key[length++] = primary & 0xff;
  }
  return key.subarray(0, length);
}

let asciiPrimaries: Uint16Array | undefined;

/** No ASCII character has more than one element, and none contracts with another; the spec holds the table to that. */
function readAsciiPrimaries(): Uint16Array {
  return Uint16Array.from({ length: 0x80 }, (_, codePoint) => primaryOf(orderedElements([codePoint])[0] ?? 0));
}

/**
 * The elements of a text in canonical order, though the text need not be: marks that follow one character are sorted by class, those of
 * one class staying as they came. Some marks have weights (viramas, letters written above), so their order shows in the key.
 */
function orderedElements(codePoints: readonly number[]): Element[] {
  const elements: Element[] = [];
  let at = 0;
  /** Elements before here keep their place. */
  let settled = 0;
  const more = (): boolean => {
    if (at >= codePoints.length) return false;
    at += appendElements(codePoints, at, codePoints.length, elements);
    return true;
  };
  for (;;) {
    if (settled === elements.length && !more()) return elements;
    let highest = classOf(elements.at(-1) ?? 0);
    if (highest === 0) {
      settled = elements.length;
      continue;
    }
    if (classOf(elements[settled] ?? 0) === 0) {
      while (settled < elements.length && classOf(elements[settled] ?? 0) === 0) settled++;
      continue;
    }
    for (;;) {
      const start = elements.length;
      if (!more()) return elements;
      const first = classOf(elements[start] ?? 0);
      if (first === 0 || elements.length - settled > maxMarks) {
        settled = start;
        break;
      }
      if (first < highest) moveBefore(elements, settled, start, first);
      else highest = first;
    }
  }
}

/** Moves the elements from `start` on to before the marks of a higher class. */
function moveBefore(elements: Element[], settled: number, start: number, first: number): void {
  let to = start - 1;
  while (to > settled && first < classOf(elements[to - 1] ?? 0)) to--;
  elements.splice(to, 0, ...elements.splice(start));
}
