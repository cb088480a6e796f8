import { describe, expect, it } from 'vitest';
import { KeptPace } from '../../../src/network/kept-pace.ts';

/** The pace after chunks on the kept connection that took so many ms each, and then on one of their own. */
function paceAfter(kept: readonly number[], anew: readonly number[] = []): KeptPace {
  const pace = new KeptPace();
  for (const ms of kept) pace.note(ms, true);
  for (const ms of anew) pace.note(ms, false);
  return pace;
}

describe('the pace of a kept connection', () => {
  it.each([
    ['nothing is measured', [], [], false],
    ['only others were', [], [5, 5], false],
    ['one chunk of some was fast', [43, 43, 2, 43], [], false],
    ['all were slow: it is tried', [43, 86, 129, 172], [], true],
    ['and that was faster', [43, 86, 129, 172], [4], true],
    ['and that was faster once', [43, 86, 129, 172], [4, 400], true],
    ['and that was no faster', [43, 86, 129, 172], [40], false],
    ['and that was no faster at first', [43, 86, 129, 172], [40, 2], false],
  ] as const)('%s', (_, kept, anew, isAnew) => {
    expect(paceAfter(kept, anew).isAnew).toBe(isAnew);
  });

  it('stays as it is with a program that asks on its connections', () => {
    const pace = paceAfter([43, 43, 43, 43]);
    pace.stay();
    expect(pace.isAnew).toBe(false);
  });
});
