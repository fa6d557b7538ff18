import { VtrewindError } from './errors.ts';

/** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted first. Owns and clears its timer. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Asks `condition` every `everyMs` until it answers something other than undefined/false, at most `timeoutMs`.
 * Throws VTR0102 naming `what` on timeout, with the last error of `condition` as cause (errors are retried until then).
 */
export async function waitFor<T>(
  what: string, condition: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly timeoutMs: number; readonly everyMs?: number; readonly signal?: AbortSignal },
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let last: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const why = last === undefined ? '' : `; last error: ${last instanceof Error ? last.message : String(last)}`;
      throw new VtrewindError({ code: 'VTR0102', grpc: 'DEADLINE_EXCEEDED', message: `timed out after ${options.timeoutMs} ms waiting for ${what}${why}`, cause: last });
    }
    await delay(options.everyMs ?? 50, options.signal);
  }
}
