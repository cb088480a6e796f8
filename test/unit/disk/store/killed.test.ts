import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { SharedFolder } from '../../../../src/disk/share/shared-folder.ts';
import { readNote, temporaryPath } from './interrupted.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const CHUNK = 1_000;
// 7 and the number of chunks have no common divisor: every chunk is written in the end.
const SIZE = 20_001 * CHUNK;
const DEADLINE_MS = 20_000;
/** Twenty notes, eighty touches of the other process. */
const WATCH_MS = 1_000;

it(
  'a download whose process is killed in full flight goes on with whole chunks',
  async () => {
    const path = await temporaryFolder();
    const program = fileURLToPath(new URL('killed-download.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', program, path, String(SIZE)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await vi.waitFor(async () => expect((await readNote(path)).ranges).not.toEqual([]), DEADLINE_MS);
    const folder = await SharedFolder.open(path, { timing: { watchMs: WATCH_MS } });
    onTestFinished(() => folder.close());
    const other = await folder.createSink({ name: 'a.bin', size: SIZE, chunkSize: 256 });
    expect(other.present).toEqual([]);
    await other.discard();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const sink = await folder.createSink({ name: 'a.bin', size: SIZE, chunkSize: 256 });
    onTestFinished(() => sink.discard());
    expect(sink.present).not.toEqual([]);
    const bytes = await readFile(await temporaryPath(path, 'parte'));
    for (const [from, to] of sink.present) {
      for (let at = from; at < to; at += 1) {
        if (bytes[at] !== Math.floor(at / CHUNK) % 256) throw new Error(`byte ${at} is another one`);
      }
    }
  },
  DEADLINE_MS,
);
