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
