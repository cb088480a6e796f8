import { describe, expect, it } from 'vitest';
import { Speed } from '../../../../src/download/engine/speed.ts';

const INTERVAL = 0.1;

describe('Speed', () => {
  it('is not known before the first interval is over', () => {
    const speed = new Speed();
    speed.begin(0);
    speed.add(50);
    speed.sample(0.05, INTERVAL);
    expect(speed.value).toBeUndefined();
    speed.add(150);
    speed.sample(0.125, INTERVAL);
    expect(speed.value).toBe(1600);
  });

  it('follows a change within a few intervals', () => {
    const speed = new Speed();
    speed.begin(0);
    for (let i = 1; i <= 20; i++) {
      speed.add(i <= 10 ? 100 : 1000);
      speed.sample(i / 8, INTERVAL);
      if (i === 10) expect(speed.value).toBe(800);
      if (i === 11) expect(speed.value).toBe(4400);
    }
    expect(speed.value).toBeGreaterThan(7990);
  });

  it('does not count the time in which nothing is asked', () => {
    const speed = new Speed();
    for (const second of [0, 100, 200, 300]) {
      speed.begin(second);
      speed.begin(second + 0.25);
      speed.add(1000);
      speed.pause(second + 0.5);
      speed.pause(second + 50);
      speed.sample(second + 60, INTERVAL);
      expect(speed.value).toBe(2000);
    }
  });

  it('takes the silence between two large answers for no slowness', () => {
    const speed = new Speed();
    speed.begin(0);
    for (let tick = 1; tick <= 80; tick++) {
      if (tick % 8 === 0) speed.add(1000);
      speed.sample(tick / 8, INTERVAL);
      if (tick >= 8) expect(speed.value).toBe(1000);
    }
  });

  it('knows a source that has stopped by its silence, and is over it with the first answer', () => {
    const speed = new Speed();
    speed.begin(0);
    speed.add(1000);
    speed.sample(1, INTERVAL);
    speed.sample(2, INTERVAL);
    expect(speed.value).toBe(1000);
    speed.sample(5, INTERVAL);
    expect(speed.value).toBe(250);
    speed.sample(11, INTERVAL);
    expect(speed.value).toBe(100);
    speed.add(2000);
    expect(speed.value).toBe(1000);
    speed.sample(11.25, INTERVAL);
    expect(speed.value).toBeCloseTo((1000 + 2000 / 10.25) / 2);
  });

  it('is 0 for a source that has never sent anything', () => {
    const speed = new Speed();
    speed.begin(0);
    speed.sample(0.125, INTERVAL);
    expect(speed.value).toBe(0);
    speed.add(500);
    expect(speed.value).toBeUndefined();
    speed.sample(0.25, INTERVAL);
    expect(speed.value).toBe(2000);
  });

  it('is what it was before where nothing is asked any more', () => {
    const speed = new Speed();
    speed.begin(0);
    speed.sample(1, INTERVAL);
    speed.pause(2);
    expect(speed.value).toBeUndefined();
    speed.sample(3, INTERVAL);
    expect(speed.value).toBeUndefined();
    speed.begin(4);
    speed.add(3000);
    speed.sample(5, INTERVAL);
    expect(speed.value).toBe(1000);
    speed.sample(9, INTERVAL);
    expect(speed.value).toBe(750);
    speed.pause(10);
    expect(speed.value).toBe(1000);
  });
});
