import { mkdir, readdir, readFile, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FileSink } from '../../../../src/download/file-sink.ts';
import { NOTE_INTERVAL_MS } from '../../../../src/disk/store/note-keeper.ts';
import { WRITE_BLOCK_BYTES } from '../../../../src/disk/store/block-buffers.ts';
import type { Reporter } from '../../../../src/events.ts';
import { RecordingReporter } from '../../../helpers/recording-reporter.ts';
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

async function begin(reporter?: Reporter): Promise<{ path: string; sink: FileSink }> {
  const path = await temporaryFolder();
  const sink = await (await share(path, reporter === undefined ? {} : { reporter })).createSink(plan);
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
    vi.advanceTimersByTime(NOTE_INTERVAL_MS - 1);
    await settle();
    expect((await readNote(path)).ranges).toEqual([]);
    await sink.commit();
    passInterval();
    await settle();
    expect(await readdir(path)).toEqual([plan.name]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is only touched while nothing comes, and goes with the commit', async () => {
    const prototype = await handlePrototype();
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 256]);
    passInterval();
    expect(await ranges(path)).toEqual([[0, 256]]);
    await settle();
    const sync = vi.spyOn(prototype, 'datasync');
    const note = await temporaryPath(path, 'nota');
    await utimes(note, 1, 1);
    passInterval();
    await soon(async () => expect((await stat(note)).mtimeMs).toBeGreaterThan(1_000));
    expect(sync).not.toHaveBeenCalled();
    await put(sink, bytes, [256, size]);
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
    await settle();
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
    await settle();
    // No interval passes that would bring another note.
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

  it('can fail without harm to the download, and that is reported once', async () => {
    const reporter = new RecordingReporter();
    const { path, sink } = await begin(reporter);
    const data = await temporaryPath(path, 'parte');
    await mkdir(data.replace(/parte$/, 'nota.nova'));
    for (let round = 0; round < 3; round += 1) {
      await put(sink, bytes, [round, round === 2 ? size - 1 : round + 1]);
      passInterval();
      await soon(() => expect(reporter.events).toHaveLength(1));
      await settle();
    }
    expect(reporter.events).toEqual([
      { event: 'resume-note-not-written', name: plan.name, code: 'not-a-file' },
    ]);
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

  it('says that anybody may go on with it once the download was suspended', async () => {
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 512]);
    passInterval();
    await ranges(path);
    expect(await readNote(path)).toMatchObject({ isFree: false });
    await sink.suspend();
    expect(await readNote(path)).toMatchObject({ isFree: true });
  });

  it('ends the download once another one has claimed its bytes', async () => {
    const { path, sink } = await begin();
    await put(sink, bytes, [0, 512]);
    passInterval();
    await ranges(path);
    await settle();
    // What a claim does to the names.
    const note = await temporaryPath(path, 'nota');
    const data = await temporaryPath(path, 'parte');
    await rename(note, note.replace(/[0-9a-f]{12}/, '0123456789ab'));
    await rename(data, data.replace(/[0-9a-f]{12}/, '0123456789ab'));
    passInterval();
    await soon(() => expect(vi.getTimerCount()).toBe(0));
    await expect(sink.write(512, Buffer.alloc(256))).rejects.toMatchObject({ code: 'not-found' });
    expect(await readdir(path)).toHaveLength(2);
  });
});
