import { describe, expect, it } from 'vitest';
import { Complaints } from '../../../src/network/complaints.ts';
import { COMPLAINT_INTERVAL_MS, MAX_COMPLAINTS } from '../../../src/limits.ts';

describe('Complaints', () => {
  it('tells each kind once per interval and counts the rest', () => {
    let now = 0;
    const complaints = new Complaints(() => now);
    expect(complaints.tell('a')).toBe(0);
    for (let i = 0; i < 9; i++) expect(complaints.tell('a')).toBeUndefined();
    expect(complaints.tell('b')).toBe(0);
    now = COMPLAINT_INTERVAL_MS;
    expect(complaints.tell('a')).toBe(9);
    expect(complaints.tell('a')).toBeUndefined();
  });

  it('forgets the oldest kind when there are too many', () => {
    const complaints = new Complaints(() => 0);
    for (let i = 0; i <= MAX_COMPLAINTS; i++) complaints.tell(`kind ${i}`);
    expect(complaints.tell('kind 1')).toBeUndefined();
    expect(complaints.tell('kind 0')).toBe(0);
  });
});
