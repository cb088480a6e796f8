import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentVote } from '../../../../src/download/engine/content-vote.ts';

/** A vote of these sources, of whom these have told; the others may still do so. */
function vote(order: string, told: Readonly<Record<string, string>>): ContentVote<string> {
  const all = new ContentVote<string>([...order]);
  for (const source of order) all.ask(source);
  for (const [source, sha256] of Object.entries(told)) all.tell(source, sha256);
  return all;
}

describe('ContentVote', () => {
  it('is won by the content that most have', () => {
    expect(vote('abc', { a: 'X', b: 'Y', c: 'Y' }).winner).toBe('Y');
    expect(vote('a', { a: 'X' }).winner).toBe('X');
    expect(vote('', {}).winner).toBeUndefined();
  });

  it('is won by the first in the list where as many have the one as the other', () => {
    expect(vote('abcd', { c: 'X', b: 'Y', d: 'X', a: 'Y' }).winner).toBe('Y');
    expect(vote('ab', { b: 'X', a: 'Y' }).winner).toBe('Y');
  });

  it('is not won by being fast', () => {
    const all = vote('abc', { c: 'X' });
    expect(all.winner).toBeUndefined();
    expect(all.leader).toBe('X');
    all.tell('a', 'Y');
    expect(all.winner).toBeUndefined();
    all.tell('b', 'Y');
    expect(all.winner).toBe('Y');
    expect(all.count('Y')).toBe(2);
    expect(all.count('X')).toBe(1);
  });

  it('is decided as soon as the others cannot change it, or will not tell', () => {
    expect(vote('abc', { a: 'X', b: 'X' }).winner).toBe('X');
    expect(vote('abc', { b: 'X', c: 'X' }).winner).toBe('X');
    // As many at the most, and it stands first.
    expect(vote('abcd', { a: 'X', b: 'X' }).winner).toBe('X');
    expect(vote('abcd', { c: 'X', d: 'X' }).winner).toBeUndefined();
    const all = vote('abc', { c: 'X' });
    all.abstain('a');
    expect(all.winner).toBeUndefined();
    all.abstain('b');
    expect(all.winner).toBe('X');
    expect(all.isOpen).toBe(false);
  });

  it('does not hear sources that were not chosen', () => {
    const all = vote('a', { a: 'X' });
    for (const stranger of 'xyz') {
      all.ask(stranger);
      all.tell(stranger, 'Y');
    }
    expect(all.winner).toBe('X');
    expect(all.count('Y')).toBe(0);
    expect(all.isOpen).toBe(false);
  });

  it('once it is won stays so, whatever is told afterwards', () => {
    const digests = fc.array(fc.constantFrom('X', 'Y', 'Z', undefined), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(digests, fc.infiniteStream(fc.nat()), (told, picks) => {
        const order = told.map((_, i) => `s${i}`);
        const all = new ContentVote(order);
        for (const source of order) all.ask(source);
        const left = [...order.entries()];
        let won: string | undefined;
        for (const pick of picks) {
          if (left.length === 0) break;
          const [[place, source]] = left.splice(pick % left.length, 1) as [[number, string]];
          const sha256 = told[place];
          if (sha256 === undefined) all.abstain(source);
          else all.tell(source, sha256);
          if (won !== undefined) expect(all.winner).toBe(won);
          won = all.winner;
        }
        expect(won).toBe(all.leader);
      }),
      { numRuns: 300 },
    );
  });
});
