import { describe, expect, it } from 'vitest';
import { COMPLAINT_INTERVAL_MS, Complaints, MAX_COMPLAINTS } from '../../../src/network/reports.ts';

describe('Complaints', () => {
  it('tells each kind once per interval and counts the rest', () => {
    let now = 0;
    const complaints = new Complaints(() => now);
    expect(complaints.count('a')).toBe(0);
    for (let i = 0; i < 9; i++) expect(complaints.count('a')).toBeUndefined();
    expect(complaints.count('b')).toBe(0);
    now = COMPLAINT_INTERVAL_MS;
    expect(complaints.count('a')).toBe(9);
    expect(complaints.count('a')).toBeUndefined();
  });

  it('forgets the oldest kind when there are too many', () => {
    const complaints = new Complaints(() => 0);
    for (let i = 0; i <= MAX_COMPLAINTS; i++) complaints.count(`kind ${i}`);
    expect(complaints.count('kind 1')).toBeUndefined();
    expect(complaints.count('kind 0')).toBe(0);
  });
});
