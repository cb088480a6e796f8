/**
 * Starts one piece of work per item in the order of the list: the next one when the former is done or after
 * `staggerMs`, whichever is first. Resolves when all are done; after an abort no more are started.
 * A healthy network is asked one by one, a dead neighbour delays the next one by `staggerMs` at most.
 */
export async function inOrder<T>(
  items: readonly T[],
  staggerMs: number,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const running: Promise<void>[] = [];
  for (const item of items) {
    if (signal?.aborted) break;
    const job = work(item);
    running.push(job);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, staggerMs)));
    await Promise.race([job, patience]).finally(() => clearTimeout(timer));
  }
  await Promise.all(running);
}
