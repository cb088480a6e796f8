import type { Run } from '../../../../src/download/engine/held-runs.ts';
import { Scheduler } from '../../../../src/download/engine/scheduler.ts';

const one = (index: number): Run => ({ first: index, end: index + 1 });

/** A scheduler of which single chunks are asked, by their index. */
export class ChunkByChunk<S extends string = string> {
  readonly scheduler: Scheduler<S>;

  constructor(chunks: number, sources: readonly S[]) {
    this.scheduler = new Scheduler(chunks, sources);
  }

  get completed(): number {
    return this.scheduler.completed;
  }

  get isDone(): boolean {
    return this.scheduler.isDone;
  }

  add(source: S): void {
    this.scheduler.add(source);
  }

  addPresent(index: number): void {
    this.scheduler.addPresent(one(index));
  }

  isRetired(source: S): boolean {
    return this.scheduler.isRetired(source);
  }

  checkout(source: S): number | undefined {
    return this.scheduler.checkout(source)?.first;
  }

  duplicate(slow: S, helper: S, slower: ReadonlySet<S>): number | undefined {
    return this.scheduler.duplicate(slow, helper, slower)?.first;
  }

  renew(): void {
    this.scheduler.renew();
  }

  complete(source: S, index: number): boolean {
    return this.scheduler.complete(source, one(index)).length > 0;
  }

  release(source: S, index: number): void {
    this.scheduler.release(source, one(index));
  }

  fail(source: S, index: number, points?: number): boolean {
    return this.scheduler.fail(source, one(index), points);
  }

  retire(source: S): void {
    this.scheduler.retire(source);
  }

  restore(source: S): void {
    this.scheduler.restore(source);
  }

  missing(): [first: number, last: number][] {
    return this.scheduler.missing();
  }

  reopen(giver: S | undefined): [first: number, last: number][] {
    return this.scheduler.reopen(giver);
  }
}
