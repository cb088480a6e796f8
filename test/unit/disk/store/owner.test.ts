import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stateOf, thisProcess } from '../../../../src/disk/store/owner.ts';
import { endedProcess } from './ended-process.ts';

const linux = process.platform === 'linux';

describe('the owner of a download', () => {
  it('is running as long as this process', async () => {
    const us = await thisProcess();
    expect(await thisProcess()).toEqual(us);
    expect(await stateOf(us)).toBe('running');
  });

  it('is gone when it had our number before us', async () => {
    expect(await stateOf({ ...(await thisProcess()), birth: 'before' })).toBe('gone');
  });

  it('is gone once its process has ended', async () => {
    expect(await stateOf({ ...(await thisProcess()), pid: await endedProcess() })).toBe('gone');
  });

  it.runIf(linux)('is told from a process that has its number now', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other, 'spawn');
    expect(await stateOf({ ...(await thisProcess()), pid: other.pid ?? 0, birth: 'before' })).toBe('gone');
  });

  it('cannot be judged from another machine or container', async () => {
    const us = await thisProcess();
    expect(await stateOf({ ...us, host: 'elsewhere' })).toBe('unknown');
    expect(await stateOf({ ...us, space: 'pid:[0]' })).toBe('unknown');
  });
});
