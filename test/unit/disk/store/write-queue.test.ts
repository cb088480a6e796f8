import { describe, expect, it } from 'vitest';
import {
  WriteQueue,
  type WriteTarget,
  MAX_QUEUED_WRITE_BYTES,
  MIN_QUEUED_WRITE_BYTES,
} from '../../../../src/disk/store/write-queue.ts';
import { until } from '../../../helpers/until.ts';

/** A disk that takes at most `most` bytes at a time and only moves when it is let. */
class SlowTarget implements WriteTarget {
  readonly content = Buffer.alloc(64);
  writes = 0;
  underWay = 0;
  failure: Error | undefined;
  readonly #most: number;
  #open: Promise<void> = Promise.resolve();
  #release = (): void => undefined;

  constructor(most = Infinity) {
    this.#most = most;
  }

  stall(): void {
    this.#open = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#release();
  }

  async write(
    bytes: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }> {
    this.writes += 1;
    this.underWay += 1;
    expect(this.underWay).toBe(1);
    await this.#open;
    this.underWay -= 1;
    if (this.failure !== undefined) throw this.failure;
    const bytesWritten = Math.min(length, this.#most);
    bytes.copy(this.content, position, offset, offset + bytesWritten);
    return { bytesWritten };
  }

  writev(pieces: readonly Buffer[], position: number): Promise<{ bytesWritten: number }> {
    const whole = Buffer.concat(pieces);
    return this.write(whole, 0, whole.length, position);
  }
}

const ignore = (): void => undefined;

const diskFull = (): Error => Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });

describe('WriteQueue', () => {
  it('goes on after a short write', async () => {
    const target = new SlowTarget(3);
    const queue = new WriteQueue(target, '/x', ignore);
    queue.push({ position: 2, bytes: Buffer.from('abcdefgh') });
    queue.push({ position: 10, bytes: Buffer.from('ij') });
    await queue.settled();
    expect(target.content.toString('latin1', 2, 12)).toBe('abcdefghij');
    expect(target.writes).toBe(4);
  });

  it('tells of each piece once all of it was written', async () => {
    const target = new SlowTarget(3);
    const written: string[] = [];
    const queue = new WriteQueue(target, '/x', ({ position, bytes }) => {
      written.push(`${position}-${position + bytes.length}`);
    });
    queue.push({ position: 2, bytes: Buffer.from('abcdefgh') });
    queue.afterwards(() => written.push('between'));
    queue.push({ position: 10, bytes: Buffer.from('ij') });
    await queue.settled();
    target.failure = diskFull();
    queue.push({ position: 0, bytes: Buffer.from('k') });
    await expect(queue.settled()).rejects.toMatchObject({ code: 'disk-full' });
    expect(written).toEqual(['2-10', 'between', '10-12']);
  });

  it('is congested once too much waits, and no longer when it was written', async () => {
    const target = new SlowTarget();
    target.stall();
    const queue = new WriteQueue(target, '/x', ignore);
    for (let queued = 0; queued < MAX_QUEUED_WRITE_BYTES; queued += MIN_QUEUED_WRITE_BYTES) {
      queue.push({ position: 0, bytes: Buffer.from('x') });
    }
    expect(queue.congested).toBe(false);
    queue.push({ position: 0, bytes: Buffer.from('x') });
    expect(queue.congested).toBe(true);
    let isRelieved = false;
    const relieved = queue.relieved().then(() => (isRelieved = true));
    await Promise.resolve();
    expect(isRelieved).toBe(false);
    target.release();
    // Long before the last one is written.
    await relieved;
    expect(target.writes).toBeLessThan((MAX_QUEUED_WRITE_BYTES / MIN_QUEUED_WRITE_BYTES) * 0.75);
    expect(queue.congested).toBe(false);
    await queue.settled();
  });

  it('remembers the first failure and drops the rest', async () => {
    const target = new SlowTarget();
    target.failure = diskFull();
    const queue = new WriteQueue(target, '/x', ignore);
    queue.push({ position: 0, bytes: Buffer.from('a') });
    queue.push({ position: 1, bytes: Buffer.from('b') });
    await expect(queue.settled()).rejects.toMatchObject({ code: 'disk-full', path: '/x' });
    expect(queue.failure).toMatchObject({ code: 'disk-full' });
    expect(target.writes).toBe(1);
    target.failure = undefined;
    queue.push({ position: 2, bytes: Buffer.from('c') });
    await expect(queue.settled()).rejects.toMatchObject({ code: 'disk-full' });
    expect(target.writes).toBe(1);
  });

  it('takes a write of nothing for a failure, not for a reason to try for ever', async () => {
    const queue = new WriteQueue(new SlowTarget(0), '/x', ignore);
    queue.push({ position: 0, bytes: Buffer.from('a') });
    await expect(queue.settled()).rejects.toMatchObject({ code: 'io' });
  });

  it('writes together what goes on where the former ends, and nothing else', async () => {
    const target = new SlowTarget(3);
    const written: number[] = [];
    const queue = new WriteQueue(target, '/x', ({ position }) => void written.push(position));
    queue.push({ position: 2, bytes: Buffer.from('ab') });
    queue.push({ position: 4, bytes: Buffer.from('cd') });
    queue.push({ position: 9, bytes: Buffer.from('xyz') });
    queue.push({ position: 3, bytes: Buffer.from('B') });
    await queue.settled();
    expect(target.content.toString('latin1', 2, 12)).toBe('aBcd\0\0\0xyz');
    // The first two in two goes of three bytes and one, the others for themselves.
    expect(target.writes).toBe(4);
    expect(written).toEqual([2, 4, 9, 3]);
  });

  it('stops after the write under way', async () => {
    const target = new SlowTarget();
    target.stall();
    const queue = new WriteQueue(target, '/x', ignore);
    queue.push({ position: 0, bytes: Buffer.from('a') });
    await until(() => target.underWay === 1, 1_000, 'no write');
    queue.push({ position: 1, bytes: Buffer.from('b') });
    const stopped = queue.stop();
    target.release();
    await stopped;
    expect(target.underWay).toBe(0);
    expect(target.content[1]).toBe(0);
    await queue.settled();
  });
});
