import { vi } from 'vitest';

const POLL_MS = 5;
/** A busy machine may need this long for what is done in a millisecond elsewhere; only a test that fails waits for its end. */
const PATIENCE_MS = 30_000;

/** How long a wait of `ms` lasts before it counts as failed: a test is no judge of speed. */
export function patience(ms = PATIENCE_MS): number {
  return Math.max(ms, PATIENCE_MS);
}

/**
 * Waits for a condition that nobody announces, by looking at it again and again.
 * @param ms see `patience`
 * @param what names the condition in the error
 */
export async function until(
  condition: () => boolean,
  ms: number,
  what: string | (() => string),
): Promise<void> {
  const deadline = performance.now() + patience(ms);
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`not within ${patience(ms)} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Waits until expectations hold; rejects with the last one that failed. `expect.poll` is not for concurrent tests. */
export async function eventually(expectations: () => void): Promise<void> {
  await vi.waitFor(expectations, { timeout: PATIENCE_MS, interval: POLL_MS });
}
