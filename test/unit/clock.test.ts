import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/clock.ts';
import { MAX_CLOCK, MAX_CLOCK_JUMP } from '../../src/limits.ts';

describe('Clock', () => {
  it('starts at 0, counts a sending, and passes what it receives', () => {
    const clock = new Clock();
    expect(clock.value).toBe(0);
    expect(clock.tick()).toBe(1);
    expect(clock.witness(9)).toBe(10);
    expect(clock.witness(3)).toBe(11);
    expect(clock.value).toBe(11);
  });

  it('does not follow nonsense, and goes on counting', () => {
    const clock = new Clock();
    expect(clock.witness(MAX_CLOCK_JUMP + 1)).toBe(1);
    expect(clock.witness(Number.MAX_SAFE_INTEGER)).toBe(2);
    expect(clock.witness(MAX_CLOCK_JUMP + 2)).toBe(MAX_CLOCK_JUMP + 3);
    expect(clock.tick()).toBe(MAX_CLOCK_JUMP + 4);
  });

  it('is never driven beyond its bound, whatever it is told', () => {
    const clock = new Clock();
    for (let told = 0; told < MAX_CLOCK * 2; told += MAX_CLOCK_JUMP) clock.witness(told);
    const end = clock.value;
    expect(end).toBeLessThanOrEqual(MAX_CLOCK + MAX_CLOCK);
    expect(clock.witness(end + MAX_CLOCK_JUMP)).toBe(end + 1);
    expect(clock.tick()).toBe(end + 2);
  });

  it('over any trace of several peers: strictly increasing, and a receipt is later than its sending', () => {
    const step = fc.record({ from: fc.nat(3), to: fc.nat(3), delay: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (trace) => {
        const clocks = Array.from({ length: 4 }, () => new Clock());
        const onTheWay: { to: number; clock: number; due: number }[] = [];
        trace.forEach(({ from, to, delay }, now) => {
          const sender = clocks[from] as Clock;
          const before = sender.value;
          const clock = sender.tick();
          expect(clock).toBeGreaterThan(before);
          onTheWay.push({ to, clock, due: now + delay });
          for (const message of onTheWay.filter(({ due }) => due === now)) {
            const receiver = clocks[message.to] as Clock;
            const held = receiver.value;
            const after = receiver.witness(message.clock);
            expect(after).toBeGreaterThan(Math.max(held, message.clock));
          }
        });
      }),
    );
  });
});
