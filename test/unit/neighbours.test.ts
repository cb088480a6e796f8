import { describe, expect, it } from 'vitest';
import { MAX_NEIGHBOURS } from '../../src/limits.ts';
import { Neighbours } from '../../src/neighbours.ts';
import type { Address } from '../../src/protocol/address.ts';

const own = '127.0.0.1:1' as Address;
const a = '127.0.0.1:2' as Address;
const b = '127.0.0.1:3' as Address;

describe('Neighbours', () => {
  it('keeps the order in which they became known, and never ourselves', () => {
    const neighbours = new Neighbours(() => own);
    expect(neighbours.know(b)).toBe('added');
    expect(neighbours.know(a)).toBe('added');
    expect(neighbours.know(b)).toBe('none');
    expect(neighbours.know(own)).toBe('none');
    expect(neighbours.list()).toEqual([
      { address: b, status: 'OFFLINE', clock: 0 },
      { address: a, status: 'OFFLINE', clock: 0 },
    ]);
  });

  it('believes what it sees itself at once, and keeps the largest clock', () => {
    const neighbours = new Neighbours(() => own);
    expect(neighbours.observe(a, 'ONLINE', 7)).toBe('added');
    expect(neighbours.observe(a, 'ONLINE', 5)).toBe('none');
    expect(neighbours.get(a)).toEqual({ address: a, status: 'ONLINE', clock: 7 });
    expect(neighbours.observe(a, 'OFFLINE')).toBe('status-changed');
    expect(neighbours.get(a)?.clock).toBe(7);
    expect(neighbours.online()).toEqual([]);
  });

  it('takes hearsay only where its clock is larger', () => {
    const neighbours = new Neighbours(() => own);
    neighbours.observe(a, 'ONLINE', 7);
    expect(neighbours.hear({ address: a, status: 'OFFLINE', clock: 7 })).toBe('none');
    expect(neighbours.hear({ address: a, status: 'OFFLINE', clock: 8 })).toBe('status-changed');
    expect(neighbours.hear({ address: a, status: 'OFFLINE', clock: 9 })).toBe('none');
    expect(neighbours.get(a)).toEqual({ address: a, status: 'OFFLINE', clock: 9 });
    expect(neighbours.hear({ address: b, status: 'ONLINE', clock: 3 })).toBe('added');
    expect(neighbours.get(b)).toEqual({ address: b, status: 'ONLINE', clock: 3 });
  });

  it('does not grow without bound', () => {
    const neighbours = new Neighbours(() => own);
    for (let i = 0; i < MAX_NEIGHBOURS; i++) neighbours.know(`h${i}:1` as Address);
    expect(neighbours.know(a)).toBe('limit-reached');
    expect(neighbours.list()).toHaveLength(MAX_NEIGHBOURS);
  });
});
