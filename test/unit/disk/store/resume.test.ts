import { readdir, readFile, rename, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ByteRange } from '../../../../src/download/engine/download-options.ts';
import { ABANDONED_AFTER_MS } from '../../../../src/disk/store/leftovers.ts';
import { WRITE_BLOCK_BYTES } from '../../../../src/disk/store/block-buffers.ts';
import { RandomNumbers } from '../../../helpers/random-numbers.ts';
import {
  changeNote,
  gaps,
  NOTE_TIMERS,
  passInterval,
  put,
  readNote,
  sha256,
  share,
  temporaryPath,
} from './interrupted.ts';
import { leftovers, temporaryFolder } from '../temporary-folder.ts';

const bytes = new RandomNumbers(1).bytes(2 * WRITE_BLOCK_BYTES + 1_000);
const size = bytes.length;
const plan = { name: 'a.bin', size, chunkSize: 256 };
const some: readonly ByteRange[] = [
  [256, 2_048],
  [WRITE_BLOCK_BYTES + 512, 2 * WRITE_BLOCK_BYTES + 256],
];
const linux = process.platform === 'linux';

beforeEach(() => {
  vi.useFakeTimers(NOTE_TIMERS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A folder with a download that its process had to leave behind: noted, not released, and touched no more. */
async function killed(): Promise<string> {
  const path = await temporaryFolder();
  const sink = await (await share(path)).createSink(plan);
  onTestFinished(() => sink.discard());
  await put(sink, bytes, ...some);
  passInterval();
  await vi.waitFor(async () => expect((await readNote(path)).ranges).not.toEqual([]));
  return path;
}

/** The same, left in good order. */
async function suspended(...ranges: readonly ByteRange[]): Promise<string> {
  const path = await temporaryFolder();
  const sink = await (await share(path)).createSink(plan);
  await put(sink, bytes, ...(ranges.length > 0 ? ranges : some));
  expect(await sink.suspend()).toBeGreaterThan(0);
  return path;
}

/** What the next download of the file finds there; it is ended as a whole file. */
async function resume(path: string, change: Partial<typeof plan> & { sha256?: string } = {}) {
  const sink = await (await share(path)).createSink({ ...plan, ...change });
  const { present, sha256: known } = sink;
  if ((change.size ?? size) !== size) await sink.discard();
  else {
    await put(sink, bytes, ...gaps(present, size));
    expect(await sink.digest()).toBe(sha256(bytes));
    await sink.commit();
    expect((await readFile(join(path, change.name ?? plan.name))).equals(bytes)).toBe(true);
  }
  return { present, known };
}

const ago = (ms: number): Date => new Date(Date.now() - ms);

async function makeOld(path: string): Promise<void> {
  const then = ago(ABANDONED_AFTER_MS + 1_000);
  for (const name of await leftovers(path)) await utimes(join(path, name), then, then);
}

describe('a suspended download', () => {
  it('goes on where it was, in chunks of any size', async () => {
    for (const chunkSize of [1, 100, 256, 300_000]) {
      const path = await suspended();
      expect(await resume(path, { chunkSize })).toEqual({ present: some, known: undefined });
      expect(await readdir(path)).toEqual([plan.name]);
    }
  });

  it('tells what it keeps', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    const sink = await folder.createSink(plan);
    await put(sink, bytes, [0, 256], [256, 300], [290, 400]);
    expect(await sink.suspend()).toBe(400);
    expect(await sink.suspend()).toBe(400);
    const again = await folder.createSink(plan);
    await put(again, bytes, [600, 700]);
    expect(await again.suspend()).toBe(500);
    expect((await resume(path)).present).toEqual([
      [0, 400],
      [600, 700],
    ]);
  });

  it('of which there is nothing leaves nothing', async () => {
    const path = await temporaryFolder();
    const sink = await (await share(path)).createSink(plan);
    expect(await sink.suspend()).toBe(0);
    expect(await readdir(path)).toEqual([]);
  });

  it('has ended: nothing lands any more, nothing is removed or committed', async () => {
    const path = await temporaryFolder();
    const sink = await (await share(path)).createSink(plan);
    await put(sink, bytes, ...some);
    await Promise.all([sink.suspend(), sink.discard()]);
    expect(sink.write(0, Buffer.alloc(256))).toBeUndefined();
    sink.doubt(some);
    passInterval();
    await expect(sink.commit()).rejects.toMatchObject({ code: 'io' });
    await expect(sink.digest()).rejects.toMatchObject({ code: 'io' });
    expect((await resume(path)).present).toEqual(some);
  });

  it('may have been told to end while it was hashed', async () => {
    const path = await temporaryFolder();
    const sink = await (await share(path)).createSink({ ...plan, chunkSize: 2 ** 20 });
    await put(sink, bytes, [1, size], [0, 1]);
    await expect(sink.digest(AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(await sink.suspend()).toBe(size);
    expect((await resume(path)).present).toEqual([[0, size]]);
  });

  it('may have been whole', async () => {
    const path = await suspended([0, size]);
    expect((await resume(path)).present).toEqual([[0, size]]);
  });

  it('waits for a commit that was begun', async () => {
    const path = await temporaryFolder();
    const sink = await (await share(path)).createSink(plan);
    await put(sink, bytes, [0, size]);
    const committed = sink.commit();
    expect(await sink.suspend()).toBe(0);
    expect(await readdir(path)).toEqual([plan.name]);
    await committed;
  });

  it('is nothing after a discard', async () => {
    const path = await temporaryFolder();
    const sink = await (await share(path)).createSink(plan);
    await put(sink, bytes, ...some);
    const discarded = sink.discard();
    expect(await sink.suspend()).toBe(0);
    expect(await readdir(path)).toEqual([]);
    await discarded;
  });

  it.runIf(linux)('may have a name that is no UTF-8', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    for (const name of ['caf\udce9', 'caf\udcea']) {
      const sink = await folder.createSink({ ...plan, name });
      expect(sink.present).toEqual([]);
      await put(sink, bytes, ...some);
      await sink.suspend();
    }
    const sink = await folder.createSink({ ...plan, name: 'caf\udcea' });
    expect(sink.present).toEqual(some);
    await sink.discard();
    expect(await leftovers(path)).toHaveLength(2);
  });

  it('remembers what the whole should have', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    const sink = await folder.createSink(plan);
    expect(sink.sha256).toBeUndefined();
    await put(sink, bytes, ...some);
    sink.expect(sha256(bytes));
    await sink.suspend();
    const again = await folder.createSink(plan);
    expect(again.sha256).toBe(sha256(bytes));
    await again.suspend();
    expect((await resume(path, { sha256: sha256(bytes) })).known).toBe(sha256(bytes));
  });

  it('goes to one of two who come for it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = await suspended();
      const folders = [await share(path), await share(path)];
      const sinks = await Promise.all([...folders, ...folders].map((folder) => folder.createSink(plan)));
      expect(sinks.filter(({ present }) => present.length > 0)).toHaveLength(1);
      await Promise.all(sinks.map((sink) => sink.discard()));
      expect(await readdir(path)).toEqual([]);
    }
  });

  it('is the one with most bytes, where there are several', async () => {
    const path = await temporaryFolder();
    const folder = await share(path);
    const sinks = await Promise.all([1, 2, 3].map(() => folder.createSink(plan)));
    const ends = [300, 900, 600];
    for (const [index, sink] of sinks.entries()) await put(sink, bytes, [0, ends[index] ?? 0]);
    for (const sink of sinks) await sink.suspend();
    expect((await resume(path)).present).toEqual([[0, 900]]);
    expect(await leftovers(path)).toHaveLength(4);
  });

  it('holds what was written last, whatever came in which order', async () => {
    const path = await temporaryFolder();
    const step = fc.record({
      at: fc.integer({ min: 0, max: size - 1 }),
      length: fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: size })),
      fill: fc.integer({ min: 1, max: 255 }),
      act: fc.constantFrom('write', 'write', 'write', 'doubt', 'suspend'),
    });
    const folder = await share(path);
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.constantFrom(256, 2 ** 20),
        async (steps, chunkSize) => {
          let sink = await folder.createSink({ ...plan, chunkSize });
          // 0 for a byte that must not be claimed.
          const expected = Buffer.alloc(size);
          for (const { at, length, fill, act } of steps) {
            const end = Math.min(size, at + length);
            if (act === 'write') {
              await sink.write(at, Buffer.alloc(end - at, fill));
              expected.fill(fill, at, end);
            } else if (act === 'doubt') {
              sink.doubt([[at, end]]);
              expected.fill(0, at, end);
            } else {
              await sink.suspend();
              const there = Buffer.alloc(size);
              sink = await folder.createSink({ ...plan, chunkSize });
              const content = await readFile(await temporaryPath(path, 'parte'));
              for (const [from, to] of sink.present) content.copy(there, from, from, to);
              expect(there.equals(expected)).toBe(true);
            }
          }
          for (const range of gaps(sink.present, size)) expected.fill(7, ...range);
          await put(sink, Buffer.alloc(size, 7), [0, size]);
          expect(await sink.digest()).toBe(sha256(Buffer.alloc(size, 7)));
          await sink.discard();
          expect(await readdir(path)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a download whose process was killed', () => {
  it('before anything was noted leaves nothing that anybody would go on with', async () => {
    const path = await temporaryFolder();
    const sink = await (await share(path)).createSink(plan);
    onTestFinished(() => sink.discard());
    await put(sink, bytes, ...some);
    expect((await resume(path)).present).toEqual([]);
    // It may have begun just now.
    expect(await leftovers(path)).toHaveLength(2);
    await makeOld(path);
    expect((await resume(path)).present).toEqual([]);
    expect(await leftovers(path)).toEqual([]);
  });

  it('goes on with what was noted', async () => {
    const path = await killed();
    expect((await resume(path)).present).toEqual(some);
    expect(await readdir(path)).toEqual([plan.name]);
  });

  it('goes to one of those who come for it', async () => {
    const path = await killed();
    const folders = [await share(path), await share(path)];
    const sinks = await Promise.all([...folders, ...folders].map((folder) => folder.createSink(plan)));
    expect(sinks.filter(({ present }) => present.length > 0)).toHaveLength(1);
    await Promise.all(sinks.map((sink) => sink.discard()));
    expect(await readdir(path)).toEqual([]);
  });

  it('is left alone while it runs', async () => {
    const path = await killed();
    const note = await temporaryPath(path, 'nota');
    // What a running download does each second.
    let touches = 0;
    const touch = async (): Promise<void> => {
      while (touches >= 0) await utimes(note, ago(0), new Date(Date.now() + ++touches));
    };
    const touching = touch();
    expect((await resume(path)).present).toEqual([]);
    touches = -Infinity;
    await touching;
    expect((await resume(path)).present).toEqual(some);
  });

  it('is not waited for once the person has given up', async () => {
    const path = await killed();
    const sink = await (await share(path)).createSink({ ...plan, signal: AbortSignal.abort() });
    expect(sink.present).toEqual([]);
    await sink.discard();
    expect((await resume(path)).present).toEqual(some);
  });

  it('goes on with a note of the former version', async () => {
    const path = await killed();
    const owner = { host: 'here', space: 'pid:[1]', pid: 7, birth: 'boot 1' };
    await changeNote(path, { version: 1, isFree: undefined, chunkSize: 256, owner });
    expect((await resume(path)).present).toEqual(some);
  });
});

describe('a leftover', () => {
  const digest = 'ab'.repeat(32);

  it('of another size or digest is removed, and one of another name is not', async () => {
    for (const [change, isKept] of [
      [{ size: size - 1 }, false],
      [{ sha256: digest }, false],
      [{ name: 'b.bin', sha256: sha256(bytes) }, true],
    ] as const) {
      const path = await suspended();
      await changeNote(path, { sha256: sha256(bytes) });
      expect((await resume(path, change).catch(() => undefined))?.present ?? []).toEqual([]);
      expect((await leftovers(path)).length > 0).toBe(isKept);
    }
  });

  it('of another digest that may be in use stays', async () => {
    const path = await killed();
    await changeNote(path, { sha256: digest });
    await resume(path, { sha256: sha256(bytes) });
    expect(await leftovers(path)).toHaveLength(2);
  });

  it.each<[string, (note: string, data: string) => Promise<void>]>([
    ['a note that ends too early', (note) => truncate(note, 30)],
    ['an empty note', (note) => truncate(note, 0)],
    ['no bytes', (_, data) => rename(data, `${data}.elsewhere`)],
    ['too few bytes', (_, data) => truncate(data, 1_000)],
    ['too many bytes', (_, data) => truncate(data, size + 1)],
    ['ranges beyond its size', (note) => changeNote(join(note, '..'), { ranges: [[0, size + 1]] })],
  ])('with %s is removed, and the download begins anew', async (_, damage) => {
    const path = await suspended();
    await damage(await temporaryPath(path, 'nota'), await temporaryPath(path, 'parte'));
    await makeOld(path);
    expect((await resume(path)).present).toEqual([]);
    expect((await leftovers(path)).filter((name) => !name.endsWith('.elsewhere'))).toEqual([]);
  });

  it('with a broken note that was just written stays: somebody may be about to', async () => {
    const path = await suspended();
    await truncate(await temporaryPath(path, 'nota'), 0);
    expect((await resume(path)).present).toEqual([]);
    expect(await leftovers(path)).toHaveLength(2);
  });

  it('of another version stays', async () => {
    const path = await suspended();
    await changeNote(path, { version: 3 });
    await makeOld(path);
    expect((await resume(path)).present).toEqual([]);
    expect(await leftovers(path)).toHaveLength(2);
  });

  it.runIf(linux)('that is a link is not followed', async () => {
    const path = await suspended();
    const outside = join(await temporaryFolder(), 'precious');
    await writeFile(outside, bytes);
    const data = await temporaryPath(path, 'parte');
    await rename(data, `${data}.elsewhere`);
    await symlink(outside, data);
    expect((await resume(path)).present).toEqual([]);
    expect((await stat(outside)).size).toBe(size);
    expect(await leftovers(path)).toHaveLength(1);
  });
});
