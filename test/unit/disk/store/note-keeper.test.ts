import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Sink } from '../../../../src/disk/store/sink.ts';
import { RESUME_NOTE_INTERVAL_MS, WRITE_BLOCK_BYTES } from '../../../../src/limits.ts';
import { Gate } from '../../../helpers/gate.ts';
import { handlePrototype, systemError } from '../share/handles.ts';
import { NOTE_TIMERS, passInterval, put, readNote, temporaryPath, share } from './interrupted.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const size = 10 * WRITE_BLOCK_BYTES;
const bytes = Buffer.alloc(size, 1);
const plan = { name: 'a.bin', size, chunkSize: 256 };

/** Lets everything that needs no gate happen: a round trip to the disk, and what it brings about. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await readdir('/');
}

async function begin(): Promise<{ path: string; sink: Sink }> {
  const path = await temporaryFolder();
  const sink = await (await share(path)).createSink(plan);
  onTestFinished(() => sink.discard());
  return { path, sink };
}

const soon = <T>(look: () => T | Promise<T>): Promise<T> => vi.waitFor(look, { interval: 2 });

/** What the note tells, once it tells anything. */
const ranges = (path: string) =>
  soon(async () => {
    const told = (await readNote(path)).ranges;
    expect(told).not.toEqual([]);
    return told;
  });

beforeEach(() => {
  vi.useFakeTimers(NOTE_TIMERS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the note about a download under way', () => {
  it('tells of nothing before the interval is over, nor for a download that ends before', async () => {
    const { path, sink } = await begin();
    await put(sink, bytes, [0, size]);
    vi.advanceTimersByTime(RESUME_NOTE_INTERVAL_MS - 1);
    await settle();
    expect((await readNote(path)).ranges).toEqual([]);
    await sink.commit();
    passInterval();
    await settle();
    expect(await readdir(path)).toEqual([plan.name]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not written anew while nothing comes, and goes with the commit', async () => {
    const { path, sink } = await begin();
    expect(vi.getTimerCount()).toBe(0);
    await put(sink, bytes, [0, 256]);
    passInterval();
    expect(await ranges(path)).toEqual([[0, 256]]);
    await soon(() => expect(vi.getTimerCount()).toBe(0));
    await put(sink, bytes, [256, size]);
    expect(vi.getTimerCount()).toBe(1);
    await sink.commit();
    expect(vi.getTimerCount()).toBe(0);
    expect(await readdir(path)).toEqual([plan.name]);
  });

  it('tells of slow downloads as well, whose blocks are far from full', async () => {
    const { path, sink } = await begin();
    for (let at = 0; at < 1_024; at += 256) {
      await put(sink, bytes, [at, at + 256]);
      passInterval();
      await soon(async () => expect((await readNote(path)).ranges).toEqual([[0, at + 256]]));
      expect(await readFile(await temporaryPath(path, 'parte'))).toHaveLength(at + 256);
    }
  });

  it('never claims what was not on the disk before it, and holds up nobody', async () => {
    const prototype = await handlePrototype();
    const gate = new Gate();
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 512]);
    const sync = vi.spyOn(prototype, 'datasync').mockReturnValueOnce(gate.opened);
    passInterval();
    await soon(() => expect(sync).toHaveBeenCalled());
    // These are written while the disk is being flushed.
    await put(sink, bytes, [WRITE_BLOCK_BYTES, 3 * WRITE_BLOCK_BYTES]);
    const data = await temporaryPath(path, 'parte');
    await soon(async () => expect((await readFile(data)).length).toBe(3 * WRITE_BLOCK_BYTES));
    expect((await readNote(path)).ranges).toEqual([]);
    gate.open();
    expect(await ranges(path)).toEqual([[0, 512]]);
    await soon(() => expect(vi.getTimerCount()).toBe(1));
    passInterval();
    await soon(async () =>
      expect((await readNote(path)).ranges).toEqual([
        [0, 512],
        [WRITE_BLOCK_BYTES, 3 * WRITE_BLOCK_BYTES],
      ]),
    );
  });

  it('takes back what is doubted, at once', async () => {
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 1_024]);
    passInterval();
    expect(await ranges(path)).toEqual([[0, 1_024]]);
    await soon(() => expect(vi.getTimerCount()).toBe(0));
    // No interval runs that would bring another note.
    sink.doubt([[256, 512]]);
    await soon(async () =>
      expect((await readNote(path)).ranges).toEqual([
        [0, 256],
        [512, 1_024],
      ]),
    );
    sink.doubt([[0, size]]);
    await soon(async () => expect((await readNote(path)).ranges).toEqual([]));
    expect(await sink.suspend()).toBe(0);
    expect(await readdir(path)).toEqual([]);
  });

  it('does not claim what is doubted while it is about to be written', async () => {
    const prototype = await handlePrototype();
    const gate = new Gate();
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 1_024]);
    const sync = vi.spyOn(prototype, 'datasync').mockReturnValueOnce(gate.opened);
    passInterval();
    await soon(() => expect(sync).toHaveBeenCalled());
    sink.doubt([[0, 256]]);
    gate.open();
    expect(await ranges(path)).toEqual([[256, 1_024]]);
  });

  it('does not claim what was doubted on its way to the disk', async () => {
    const prototype = await handlePrototype();
    const gate = new Gate();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the handle below
    const write = prototype.write as (...args: unknown[]) => Promise<never>;
    const { path, sink } = await begin();
    vi.spyOn(prototype, 'write').mockImplementationOnce(async function (this: unknown, ...args: unknown[]) {
      await gate.opened;
      return write.apply(this, args);
    });
    await put(sink, bytes, [0, WRITE_BLOCK_BYTES]);
    await put(sink, bytes, [WRITE_BLOCK_BYTES, WRITE_BLOCK_BYTES + 256]);
    sink.doubt([[256, 2 * WRITE_BLOCK_BYTES]]);
    await put(sink, bytes, [1_024, 2_048]);
    gate.open();
    passInterval();
    expect(await ranges(path)).toEqual([
      [0, 256],
      [1_024, 2_048],
    ]);
  });

  it('can fail without harm to the download', async () => {
    const { path, sink } = await begin();
    const data = await temporaryPath(path, 'parte');
    await mkdir(data.replace(/parte$/, 'nota.nova'));
    await put(sink, bytes, [0, size - 1]);
    passInterval();
    await soon(() => expect(vi.getTimerCount()).toBe(0));
    await put(sink, bytes, [size - 1, size]);
    await sink.commit();
    expect((await readFile(join(path, plan.name))).equals(bytes)).toBe(true);
  });

  it('ends the download where the disk loses what it has taken', async () => {
    const prototype = await handlePrototype();
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 512]);
    vi.spyOn(prototype, 'datasync').mockRejectedValueOnce(systemError('EIO', 'fdatasync'));
    passInterval();
    await soon(async () => expect(await readdir(path)).toEqual([]));
    await expect(sink.write(512, Buffer.alloc(256))).rejects.toMatchObject({ code: 'io' });
    expect(await sink.suspend()).toBe(0);
  });

  it('names its owner while he runs, and none afterwards', async () => {
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 512]);
    passInterval();
    await ranges(path);
    expect((await readNote(path)).owner).toMatchObject({ pid: process.pid });
    await sink.suspend();
    expect(await readNote(path)).not.toHaveProperty('owner');
  });
});
