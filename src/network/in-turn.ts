/** How long the next one waits at the most for one that is silent. */
const LONGEST_WAIT_MS = 250;

/** Within this time all are begun, whatever their number: the whole takes little longer than one of them. */
const SPREAD_MS = 1_000;

/**
 * Does one piece of work per item, begun in the order of the list: the next one when the former is done or after a moment,
 * whichever is first. Resolves when all are done; after an abort no more are begun.
 * A healthy network is asked one by one, so that its replies are shown in the order of the list. Silent neighbours go on
 * being waited for while others are asked, and the moment is shorter the longer the list is: no number of them keeps an
 * honest one from being asked within SPREAD_MS.
 * @param longestWaitMs the longest such moment, in milliseconds
 */
export async function inTurn<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
  longestWaitMs = LONGEST_WAIT_MS,
): Promise<void> {
  const waitMs = Math.min(longestWaitMs, SPREAD_MS / Math.max(items.length, 1));
  const running: Promise<void>[] = [];
  for (const item of items) {
    if (signal?.aborted) break;
    const job = work(item);
    running.push(job);
    let timer: NodeJS.Timeout | undefined;
    const moment = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)));
    await Promise.race([job, moment]).finally(() => clearTimeout(timer));
  }
  await Promise.all(running);
}
