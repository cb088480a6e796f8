import { describe, expect, it } from 'vitest';
import { Uploads } from '../../../src/terminal/uploads.ts';

function open() {
  const time = { now: 0 };
  return { time, uploads: new Uploads(() => time.now) };
}

describe('Uploads', () => {
  it('tells the first request of each neighbour for each file, in turn or at once', () => {
    const { uploads } = open();
    const pairs = ['A a', 'A b', 'A a', 'B a', 'B b', 'A b', 'A a', 'B a'];
    const first = pairs.filter((pair) => {
      const [neighbour = '', name = ''] = pair.split(' ');
      return uploads.begins(neighbour, name);
    });
    expect(first).toEqual(['A a', 'A b', 'B a', 'B b']);
  });

  it('takes a request for another download after ten seconds without one, whatever else is asked for', () => {
    const { time, uploads } = open();
    const begins = (now: number, name: string) => {
      time.now = now;
      return uploads.begins('A', name);
    };
    expect(begins(0, 'a')).toBe(true);
    expect(begins(9_999, 'a')).toBe(false);
    expect(begins(15_000, 'b')).toBe(true);
    expect(begins(19_998, 'a')).toBe(false);
    expect(begins(29_998, 'a')).toBe(true);
    expect(begins(29_998, 'b')).toBe(true);
  });

  it('forgets the oldest of too many', () => {
    const { uploads } = open();
    for (let at = 0; at <= 256; at += 1) expect(uploads.begins('A', `${at}`)).toBe(true);
    expect(uploads.begins('A', '256')).toBe(false);
    expect(uploads.begins('A', '1')).toBe(false);
    expect(uploads.begins('A', '0')).toBe(true);
  });
});
