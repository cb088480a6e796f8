import { Chalk } from 'chalk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent } from '../../../src/events.ts';
import type { MakeBar } from '../../../src/terminal/footer.ts';
import { LiveStatus, waitingLine, type Waiting } from '../../../src/terminal/live-status.ts';
import { A1, A2, A3 } from './addresses.ts';

describe('waitingLine', () => {
  it('tells nothing of what has lasted less than half a second', () => {
    expect(waitingLine([], 9_000)).toBeUndefined();
    expect(waitingLine([{ to: A2, since: 8_501 }], 9_000)).toBeUndefined();
  });

  it('tells of the longest wait, in whole seconds, and how many others there are', () => {
    expect(waitingLine([{ to: A2, since: 5_600 }], 9_000)).toBe('esperando 127.0.0.1:5002… 3 s');
    const two = [
      { to: A3, since: 8_000 },
      { to: A2, since: 5_000 },
      { to: A2, since: 6_000 },
    ];
    expect(waitingLine(two, 9_000)).toBe('esperando 127.0.0.1:5002 e mais 1… 4 s');
  });
});

describe('LiveStatus', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function open({ isLive = true } = {}) {
    const statuses: (string | undefined)[] = [];
    const bars: MakeBar[] = [];
    const waiting: Waiting[] = [];
    const status = new LiveStatus({
      terminal: {
        isLive,
        width: 80,
        height: 24,
        status: (lines) => statuses.push(lines),
        bar: (make) => bars.push(make),
        touchBar: () => undefined,
      },
      chalk: new Chalk({ level: 1 }),
      address: () => A1,
      online: () => [{ address: A2, status: 'ONLINE', clock: 3 }],
      waiting: () => waiting,
      uploads: () => [],
      now: () => performance.now(),
    });
    status.report({ event: 'peer-started', address: A1 });
    return { status, statuses, bars, waiting };
  }

  const PROGRESSED: AppEvent = {
    event: 'download-progressed',
    name: 'a.bin',
    size: 100,
    bytes: 25,
    resumed: 25,
    chunks: 2,
    seconds: 0.6,
    sources: [{ source: A2, bytes: 25, bytesPerSecond: 10 }],
  };

  it('makes the row of what the events have told, inverse', () => {
    const { status, bars } = open();
    status.report({ event: 'clock-updated', clock: 7, cause: 'send' });
    status.report(PROGRESSED);
    expect(bars[0]?.(79)).toBe(
      '\u001b[7m 127.0.0.1:5001 │ relógio 7 │ online: 127.0.0.1:5002 (3) │ ↓ a.bin 50% \u001b[27m',
    );
  });

  it('shows whom we wait for while it lasts, and the download instead of it', () => {
    const { status, statuses, waiting } = open();
    vi.advanceTimersByTime(1_000);
    expect(new Set(statuses)).toEqual(new Set([undefined]));
    waiting.push({ to: A3, since: performance.now() });
    vi.advanceTimersByTime(1_000);
    expect(statuses.at(-1)).toBe('esperando 127.0.0.1:5003… 1 s');
    status.report(PROGRESSED);
    expect(statuses.at(-1)).toMatch(/^a\.bin .*50%/);
    status.report({
      event: 'download-failed',
      name: 'a.bin',
      code: 'aborted',
      missing: [],
      chunks: 2,
      kept: 0,
    });
    waiting.pop();
    vi.advanceTimersByTime(300);
    expect(statuses.at(-1)).toBeUndefined();
    status.report({ event: 'leaving', cause: 'menu' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does nothing where there is no screen', () => {
    const { bars } = open({ isLive: false });
    expect(bars).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
