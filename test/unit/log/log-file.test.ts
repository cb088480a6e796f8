import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  LogFile,
  LOG_BUFFER_BYTES,
  LOG_CLOSE_TIMEOUT_MS,
  LOG_FLUSH_MS,
  MAX_LOG_BACKLOG_BYTES,
} from '../../../src/log/log-file.ts';
import type { FileError } from '../../../src/errors.ts';
import { temporaryFolder } from '../disk/temporary-folder.ts';

const linux = process.platform === 'linux';

const noError = (error: FileError): void => {
  throw error;
};

/** A pipe, and what was read from it so far. */
async function pipe(): Promise<{ path: string; read: () => string; leave: () => void }> {
  const path = join(await temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let isOpen = true;
  const leave = (): void => {
    if (isOpen) closeSync(reader);
    isOpen = false;
  };
  onTestFinished(leave);
  const buffer = Buffer.alloc(64 * 1024);
  const read = (): string => buffer.toString('utf8', 0, readSync(reader, buffer));
  return { path, read, leave };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('LogFile', () => {
  it('creates the file, and appends to one that exists', async () => {
    const path = join(await temporaryFolder(), 'log');
    for (const line of ['one', 'two']) {
      const log = LogFile.open(path, noError);
      expect(existsSync(path)).toBe(true);
      log.write(line);
      log.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('cannot be opened where no file can be', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'file'), '');
    const missing = join(folder, 'missing', 'log');
    const code = (path: string): unknown => {
      try {
        LogFile.open(path, noError).close();
        return undefined;
      } catch (error) {
        expect(error).toMatchObject({ name: 'FileError', path });
        return (error as FileError).code;
      }
    };
    expect(code(missing)).toBe('not-found');
    expect(code(join(folder, 'sub'))).toBe('not-a-file');
    expect(code(join(folder, 'file', 'log'))).toBe('not-a-folder');
  });

  it('writes what waits after LOG_FLUSH_MS, in one go', async () => {
    const path = join(await temporaryFolder(), 'log');
    const log = LogFile.open(path, noError);
    log.write('one');
    vi.advanceTimersByTime(LOG_FLUSH_MS - 1);
    log.write('two');
    expect(readFileSync(path, 'utf8')).toBe('');
    vi.advanceTimersByTime(1);
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    log.write('três');
    log.flush();
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\ntrês\n');
    expect(vi.getTimerCount()).toBe(0);
    log.close();
  });

  it('writes earlier when much waits', async () => {
    const path = join(await temporaryFolder(), 'log');
    const log = LogFile.open(path, noError);
    log.write('x'.repeat(LOG_BUFFER_BYTES - 1));
    expect(readFileSync(path).length).toBe(0);
    log.write('y');
    expect(readFileSync(path).length).toBe(LOG_BUFFER_BYTES + 2);
    log.close();
  });

  it('is put aside before it becomes too large, and begun anew with a whole line', async () => {
    const path = join(await temporaryFolder(), 'log');
    await writeFile(path, 'former\n');
    const log = LogFile.open(path, noError, 100);
    for (const line of ['a', 'b', 'c', 'd']) {
      log.write(line.repeat(49));
      log.flush();
    }
    log.close();
    expect(readFileSync(`${path}.1`, 'utf8')).toBe(`${'b'.repeat(49)}\n${'c'.repeat(49)}\n`);
    expect(readFileSync(path, 'utf8')).toBe(`${'d'.repeat(49)}\n`);
  });

  it('tells once where it cannot be put aside', async () => {
    const path = join(await temporaryFolder(), 'log');
    await mkdir(join(`${path}.1`, 'full'), { recursive: true });
    const errors: FileError[] = [];
    const log = LogFile.open(path, (error) => errors.push(error), 10);
    for (let round = 0; round < 3; round += 1) {
      log.write('a line of some length');
      log.flush();
    }
    log.close();
    expect(errors).toMatchObject([{ code: 'not-a-file', path }]);
  });

  it('takes nothing after its end', async () => {
    const path = join(await temporaryFolder(), 'log');
    const log = LogFile.open(path, noError);
    log.write('one');
    log.close();
    log.write('late');
    log.flush();
    log.close();
    vi.runAllTimers();
    expect(readFileSync(path, 'utf8')).toBe('one\n');
  });

  it.runIf(existsSync('/dev/full'))('tells once of a full disk, and stops', () => {
    const errors: FileError[] = [];
    const log = LogFile.open('/dev/full', (error) => {
      errors.push(error);
      // What a reporter does with it: it logs.
      log.write('the log failed');
      log.flush();
    });
    log.write('one');
    vi.advanceTimersByTime(LOG_FLUSH_MS);
    log.write('two');
    vi.runAllTimers();
    log.close();
    expect(errors).toMatchObject([{ code: 'disk-full', path: '/dev/full' }]);
  });

  it.runIf(linux)('waits for the reader of a pipe without stopping the program', async () => {
    const { path, read } = await pipe();
    const log = LogFile.open(path, noError);
    const lines = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(1_000)}`);
    for (const line of lines) log.write(line);
    let received = '';
    while (received.length < lines.join('\n').length + 1) {
      received += read();
      vi.advanceTimersByTime(LOG_FLUSH_MS);
    }
    expect(received).toBe(`${lines.join('\n')}\n`);
    expect(vi.getTimerCount()).toBe(0);
    log.close();
  });

  it.runIf(linux)('gives up a pipe whose reader lags too far behind', async () => {
    const { path } = await pipe();
    const errors: FileError[] = [];
    const log = LogFile.open(path, (error) => errors.push(error));
    const line = 'x'.repeat(10_000);
    for (let bytes = 0; bytes < MAX_LOG_BACKLOG_BYTES + 200_000; bytes += line.length) log.write(line);
    expect(errors).toMatchObject([{ code: 'io', path, cause: { code: 'EAGAIN' } }]);
  });

  it.runIf(linux)('tells when the reader of a pipe has gone, or never was', async () => {
    const { path, leave } = await pipe();
    const errors: FileError[] = [];
    const log = LogFile.open(path, (error) => errors.push(error));
    leave();
    log.write('one');
    log.flush();
    expect(errors).toMatchObject([{ code: 'io', cause: { code: 'EPIPE' } }]);
    expect(() => LogFile.open(path, noError)).toThrow(expect.objectContaining({ code: 'not-a-file' }));
  });

  it.runIf(linux)('does not wait for ever for a reader when it is closed', async () => {
    const { path } = await pipe();
    const log = LogFile.open(path, noError);
    log.write('x'.repeat(200_000));
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += LOG_CLOSE_TIMEOUT_MS / 3));
    log.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
