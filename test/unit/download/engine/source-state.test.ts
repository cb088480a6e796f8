import { describe, expect, it } from 'vitest';
import {
  LAST_BACKOFFS,
  SMALLEST_WINDOW_BYTES,
  SourceState,
  START_WINDOW_BYTES,
  WINDOW_SECONDS,
} from '../../../../src/download/engine/source-state.ts';
import { DOWNLOAD_TIMING } from '../../../../src/download/timing.ts';
import { MAX_IN_FLIGHT_BYTES, MAX_AWAITED_REPLIES } from '../../../../src/limits.ts';

const KB = 1024;

function ready(): SourceState<string> {
  const state = new SourceState<string>({ address: 'a', token: 'x' }, DOWNLOAD_TIMING, false);
  state.isReady = true;
  return state;
}

/** Bytes asked of it until it has no more room. */
function fill(
  state: SourceState<string>,
  chunkSize: number,
  { atOnce = Infinity, sharers = 1 } = {},
): number {
  while (state.hasRoom(chunkSize, atOnce, sharers)) state.ask(chunkSize, 0);
  return state.askedBytes;
}

/** A source that is known to send so many bytes a second. */
function measured(bytesPerSecond: number): SourceState<string> {
  const state = ready();
  state.ask(bytesPerSecond, 0);
  state.take(bytesPerSecond, 0);
  state.answered(bytesPerSecond, 1);
  state.sampleSpeed(1);
  return state;
}

describe('SourceState', () => {
  it('is asked for as much as it sends in three quarters of a second', () => {
    expect(fill(ready(), KB)).toBe(START_WINDOW_BYTES);
    expect(fill(measured(1024 * KB), KB)).toBe(768 * KB);
    expect(fill(measured(10), 16)).toBe(SMALLEST_WINDOW_BYTES);
    // One chunk may stand out.
    expect(fill(measured(1024 * KB), 300 * KB)).toBe(900 * KB);
    expect(fill(measured(10), 300 * KB)).toBe(300 * KB);
  });

  it('has its bounds', () => {
    expect(fill(measured(1e9), 16)).toBe(MAX_AWAITED_REPLIES * 16);
    expect(fill(measured(1e9), 64 * KB)).toBe(MAX_IN_FLIGHT_BYTES);
    expect(fill(measured(1e9), 64 * KB, { sharers: 4 })).toBe(MAX_IN_FLIGHT_BYTES / 4);
    expect(fill(measured(1e9), MAX_IN_FLIGHT_BYTES, { sharers: 4 })).toBe(MAX_IN_FLIGHT_BYTES);
    expect(fill(measured(1e9), 64 * KB, { atOnce: 3 })).toBe(3 * 64 * KB);
  });

  it('is asked for nothing before it is ready, while it backs off, and once it is excluded', () => {
    expect(fill(new SourceState({ address: 'a', token: 'x' }, DOWNLOAD_TIMING, false), KB)).toBe(0);
    const state = ready();
    state.backOff(0);
    expect(fill(state, KB)).toBe(0);
    expect(state.wake(0.5)).toBe(true);
    expect(fill(state, KB)).toBe(KB);
    const other = ready();
    other.isExcluded = true;
    expect(fill(other, KB)).toBe(0);
  });

  it('is asked for one chunk at a time after a failure, until a good one has come', () => {
    const state = ready();
    state.ask(KB, 0);
    state.fail('reset');
    state.answered(KB, 0);
    expect(fill(state, KB)).toBe(KB);
    state.answered(KB, 0);
    state.take(KB, 0);
    expect(fill(state, KB)).toBe(START_WINDOW_BYTES);
  });

  it('backs off twice as long each time, until a good chunk has come', () => {
    const state = ready();
    let now = 0;
    const backOff = () => {
      const seconds = state.backOff(now);
      expect(state.isBackingOff).toBe(true);
      expect(state.wake(now + seconds - 0.001)).toBe(false);
      now += seconds;
      expect(state.wake(now)).toBe(true);
      expect(state.wake(now)).toBe(false);
      return seconds;
    };
    expect(Array.from({ length: 9 }, backOff)).toEqual([
      0.5,
      1,
      2,
      4,
      8,
      16,
      30,
      30,
      DOWNLOAD_TIMING.longestBackoffMs / 1000,
    ]);
    state.take(1, now);
    expect(backOff()).toBe(0.5);
  });

  it('is lost once it has backed off often enough in a row, or is excluded', () => {
    const state = ready();
    for (let backoffs = 1; backoffs <= LAST_BACKOFFS; backoffs++) {
      expect(state.isLost(0)).toBe(false);
      const seconds = state.backOff(0);
      expect(state.isLost(0)).toBe(backoffs === LAST_BACKOFFS);
      state.wake(seconds);
    }
    // While others work it goes on trying, and one good chunk makes up for all.
    expect(state.isLost(0)).toBe(true);
    state.take(1, 0);
    expect(state.isLost(0)).toBe(false);
    state.isExcluded = true;
    expect(state.isLost(0)).toBe(true);
  });

  it('tells how long it takes for all that it owes', () => {
    const state = measured(1000);
    expect(state.timeFor(0)).toBe(0);
    expect(state.isMeasured).toBe(false);
    state.ask(500, 1);
    expect(state.isMeasured).toBe(true);
    expect(state.timeFor(0)).toBe(0.5);
    expect(state.timeFor(1500)).toBe(2);
    const silent = ready();
    silent.ask(1, 0);
    expect(silent.isMeasured).toBe(false);
    silent.sampleSpeed(1);
    expect(silent.isMeasured).toBe(true);
    expect(silent.timeFor(0)).toBe(Infinity);
    expect(ready().timeFor(START_WINDOW_BYTES)).toBe(WINDOW_SECONDS);
  });

  it('that fell silent after it had delivered is waited for: its link may be down', () => {
    const { silenceMs } = DOWNLOAD_TIMING;
    const failing = (code: string, hasDelivered: boolean) => {
      const state = ready();
      if (hasDelivered) state.take(1, 0);
      for (let i = 0; i < LAST_BACKOFFS + 5; i++) {
        state.fail(code);
        const seconds = state.backOff(1);
        if (hasDelivered && code !== 'refused') expect(seconds).toBeLessThanOrEqual(4);
      }
      return state;
    };
    for (const code of ['reply-timeout', 'connect-timeout', 'unreachable']) {
      const state = failing(code, true);
      expect(state.isLost(silenceMs / 1000 - 1)).toBe(false);
      expect(state.isLost(silenceMs / 1000 + 1)).toBe(true);
      expect(failing(code, false).isLost(1)).toBe(true);
    }
    // Somebody is there and does not listen.
    expect(failing('refused', true).isLost(1)).toBe(true);
  });
});
