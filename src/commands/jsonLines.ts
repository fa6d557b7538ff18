import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * One JSON line in, one out, in order; stops at the end of the input only. An empty line is answered too, so that lines keep their numbers.
 * `answer` never throws: a bad line is answered with its error.
 */
export async function answerJsonLines(answer: (line: string) => string, input: NodeJS.ReadableStream = process.stdin, output: NodeJS.WritableStream = process.stdout): Promise<void> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (!output.write(`${answer(line)}\n`)) await once(output, 'drain');
  }
}
