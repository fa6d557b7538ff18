import Table from 'cli-table3';
import { VtrewindError } from '../../base/errors.ts';

/** Prints the demo as a short story and counts what held and what did not. */
export class Story {
  #chapter = 0;
  #held = 0;
  readonly #broken: string[] = [];
  readonly #out: NodeJS.WritableStream;
  readonly #started = performance.now();

  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
  }

  chapter(title: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    this.#write(`\n${++this.#chapter}. ${title}  [${seconds} s]\n`);
  }

  say(text: string): void {
    this.#write(`   ${text}\n`);
  }

  /** A statement or command as the reader would type it. */
  show(line: string): void {
    this.#write(`   > ${line}\n`);
  }

  table(head: readonly string[], rows: readonly (readonly unknown[])[]): void {
    const table = new Table({ head: [...head], style: { head: [], border: [] } });
    for (const row of rows) table.push(row.map((cell) => (cell === null ? 'NULL' : String(cell))));
    this.#write(`${table.toString().replace(/^/gm, '     ')}\n`);
  }

  /** One promise of the demo: said, and whether it held. */
  check(promise: string, held: boolean, found?: string): void {
    if (held) this.#held++;
    else this.#broken.push(promise);
    this.#write(`   ${held ? '✓' : '✗'} ${promise}${held || found === undefined ? '' : ` — found: ${found}`}\n`);
  }

  /** Throws VTR0911 when a check failed. */
  end(): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    this.#write(`\n${this.#held} of ${this.#held + this.#broken.length} checks held, in ${seconds} s.\n`);
    if (this.#broken.length > 0) throw new VtrewindError({ code: 'VTR0911', message: `the demo's checks failed: ${this.#broken.join('; ')}` });
  }

  #write(text: string): void {
    this.#out.write(text);
  }
}
