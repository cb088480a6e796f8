import { describe, expect, it } from 'vitest';
import { START_BYTES, Window } from '../../../../src/download/engine/window.ts';

/** A path of a rate and a round trip: requests of a quarter of the window, as many as it takes. Returns the rate of the last round. */
function rounds(window: Window, path: { rate: number; roundTrip: number }, count: number): number {
  let last = 0;
  for (let round = 0; round < count; round++) {
    const { bytes } = window;
    const latency = path.roundTrip;
    const seconds = Math.max(path.roundTrip, bytes / path.rate);
    last = bytes / seconds;
    for (let part = 0; part < 4; part++) window.add({ latency, seconds, bytes: bytes / 4, arrived: bytes });
  }
  return last;
}

describe('the window of a source', () => {
  it.each([
    { rate: 12_500_000, roundTrip: 0.1 },
    { rate: 125_000_000, roundTrip: 0.001 },
    { rate: 2_500_000, roundTrip: 0.8 },
    { rate: 2_500_000, roundTrip: 2 },
    { rate: 500_000_000, roundTrip: 0.0003 },
    { rate: 20_000, roundTrip: 0.05 },
  ])('fills a path of $rate bytes a second and $roundTrip s, and asks for little more', (path) => {
    const window = new Window();
    expect(rounds(window, path, 10)).toBeGreaterThan(0.95 * path.rate);
    const held = path.rate * path.roundTrip;
    expect(window.bytes).toBeLessThanOrEqual(Math.max(2.1 * held, path.rate * 0.05, 16 * 1024));
  });

  it('shrinks where the path becomes slower, and grows where it becomes faster', () => {
    const window = new Window();
    rounds(window, { rate: 10_000_000, roundTrip: 0.1 }, 10);
    const wide = window.bytes;
    rounds(window, { rate: 1_000_000, roundTrip: 0.1 }, 20);
    expect(window.bytes).toBeLessThan(wide / 4);
    expect(rounds(window, { rate: 10_000_000, roundTrip: 0.1 }, 10)).toBeGreaterThan(9_000_000);
  });

  it('measures anew where the round trip becomes longer', () => {
    const window = new Window();
    rounds(window, { rate: 10_000_000, roundTrip: 0.001 }, 10);
    expect(rounds(window, { rate: 10_000_000, roundTrip: 0.9 }, 30)).toBeGreaterThan(9_000_000);
  });

  it('begins small', () => {
    expect(new Window().bytes).toBe(START_BYTES);
  });
});
