import { vi } from 'vitest';

const POLL_MS = 5;

/**
 * Waits for a condition that nobody announces, by looking at it again and again.
 * @param what names the condition in the error after `ms`
 */
export async function until(
  condition: () => boolean,
  ms: number,
  what: string | (() => string),
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`not within ${ms} ms: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const PATIENCE_MS = 10_000;

/** Waits until expectations hold; rejects with the last one that failed. For concurrent tests, where `expect.poll` is not allowed. */
export async function eventually(expectations: () => void): Promise<void> {
  await vi.waitFor(expectations, { timeout: PATIENCE_MS, interval: POLL_MS });
}
