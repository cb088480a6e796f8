import { describe, expect, it } from 'vitest';
import { exitCode } from '../../../src/batch/baixar.ts';
import { FAILED, FINISHED } from '../terminal/samples.ts';

describe('the exit code of baixar', () => {
  const noMatch = { ...FAILED, code: 'no-match' } as const;
  const differ = { ...FAILED, code: 'sources-differ' } as const;
  const here = { event: 'download-unneeded', name: 'a', size: 1 } as const;

  it.each([
    ['all fetched, or here already', [FINISHED, here], 0],
    ['one of several failed', [FINISHED, FAILED], 3],
    ['one of several matched nothing', [FINISHED, noMatch], 3],
    ['nobody chose', [FINISHED, differ], 5],
    ['nobody chose, and something failed', [differ, noMatch], 3],
  ] as const)('%s', (_, ends, code) => {
    expect(exitCode(ends)).toBe(code);
  });
});
