import { inflateSync } from 'node:zlib';
import { packedWeights } from './weights.generated.ts';

/**
 * A collation element as far as a loose comparison needs it: the primary weight (21 bits, 0 for none) and, above it, the canonical
 * combining class (8 bits, 0 for what starts a new character).
 */
export type Element = number;

const primaryBits = 21;
const primaryMask = (1 << primaryBits) - 1;

export function primaryOf(element: Element): number {
  return element & primaryMask;
}

export function classOf(element: Element): number {
  return element >>> primaryBits;
}

/** A step inside a contraction: what the characters so far weigh together, if they do, and where further ones lead. */
export interface ContractionNode {
  readonly elements: readonly Element[] | undefined;
  readonly next: ReadonlyMap<number, ContractionNode>;
}

export interface Weights {
  /** The elements of one code point into `out`; false when the table has none for it. */
  append(codePoint: number, out: Element[]): boolean;
  /** The code points that may begin a contraction; each has elements of its own too. */
  readonly contractions: ReadonlyMap<number, ContractionNode>;
  /** For code points that do not start a character: the combining classes of the first and the last of their decomposition. */
  readonly markClasses: ReadonlyMap<number, { readonly lead: number; readonly trail: number }>;
  /** Unicode's property Ideographic. */
  isIdeographic(codePoint: number): boolean;
}

let unpacked: Weights | undefined;

/** The table, unpacked on first use (some milliseconds, about a megabyte). */
export function weights(): Weights {
  unpacked ??= unpackWeights(inflateSync(Buffer.from(packedWeights, 'base64')));
  return unpacked;
}

const pageBits = 8;
const countBits = 5;

/** A code point's slot holds where its elements start, and in the low bits how many they are; 0 means none. */
function unpackWeights(packed: Buffer): Weights {
  const reader = new PackedReader(packed);
  const pool: Element[] = [];
  const pages: (Uint32Array | undefined)[] = new Array(0x110000 >> pageBits);
  reader.section((codePoint) => {
    const start = pool.length;
    for (const element of reader.elements()) pool.push(element);
    const page = (pages[codePoint >> pageBits] ??= new Uint32Array(1 << pageBits));
    page[codePoint & ((1 << pageBits) - 1)] = (start << countBits) | (pool.length - start);
  });
  const contractions = new Map<number, ContractionNode>();
  reader.section((codePoint) => contractions.set(codePoint, reader.contraction()));
  const markClasses = new Map<number, { readonly lead: number; readonly trail: number }>();
  reader.section((first) => {
    const length = reader.number();
    const classes = reader.number();
    for (let at = 0; at < length; at++) markClasses.set(first + at, { lead: classes >> 8, trail: classes & 0xff });
  });
  const ideographs: { readonly first: number; readonly last: number }[] = [];
  reader.section((first) => {
    ideographs.push({ first, last: first + reader.number() - 1 });
    reader.number();
  });
  const elements = Int32Array.from(pool);
  return {
    contractions,
    markClasses,
    append(codePoint, out) {
      const slot = pages[codePoint >> pageBits]?.[codePoint & ((1 << pageBits) - 1)] ?? 0;
      const start = slot >>> countBits;
      const end = start + (slot & ((1 << countBits) - 1));
      for (let at = start; at < end; at++) out.push(elements[at] ?? 0);
      return end > start;
    },
    isIdeographic: (codePoint) => ideographs.some(({ first, last }) => first <= codePoint && codePoint <= last),
  };
}

/** The layout that generate/main.go writes: unsigned LEB128 numbers; sections of items keyed by code point, as distances. */
class PackedReader {
  readonly #bytes: Buffer;
  #at = 0;
  #lastPrimary = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  section(item: (codePoint: number) => void): void {
    const count = this.number();
    let codePoint = 0;
    for (let at = 0; at < count; at++) {
      codePoint += this.number();
      item(codePoint);
    }
  }

  elements(): Element[] {
    return Array.from({ length: this.number() }, () => {
      const head = this.number();
      const zigzag = head >>> 1;
      this.#lastPrimary += zigzag & 1 ? -((zigzag + 1) >>> 1) : zigzag >>> 1;
      return ((head & 1 ? this.number() : 0) << primaryBits) | this.#lastPrimary;
    });
  }

  contraction(): ContractionNode {
    const root = { elements: this.elements(), next: new Map<number, MutableNode>() };
    const suffixes = this.number();
    for (let at = 0; at < suffixes; at++) {
      let node: MutableNode = root;
      const length = this.number();
      for (let step = 0; step < length; step++) {
        const codePoint = this.number();
        const known = node.next.get(codePoint) ?? { elements: undefined, next: new Map() };
        node.next.set(codePoint, known);
        node = known;
      }
      node.elements = this.elements();
    }
    return root;
  }
}

interface MutableNode {
  elements: readonly Element[] | undefined;
  readonly next: Map<number, MutableNode>;
}
