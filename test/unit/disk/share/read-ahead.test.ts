import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  FileBlocks,
  ReadAhead,
  LARGEST_CHUNK_READ_AHEAD,
  READ_AHEAD_BLOCKS,
  READ_AHEAD_BYTES,
} from '../../../../src/disk/share/read-ahead.ts';
import { FileError } from '../../../../src/errors.ts';

const SIZE = 5 * READ_AHEAD_BYTES + 1234;
// No period that divides a block: each place looks different from the same place of the next block.
const CONTENT = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 7 + Math.floor(i / 251)) % 256));

/** A disk that counts, and that can be made to wait or to fail. */
function disk() {
  const reads: [offset: number, length: number][] = [];
  const waiting: (() => void)[] = [];
  const state = { waits: false, badFrom: Infinity };
  const load = async (offset: number, length: number): Promise<Buffer> => {
    reads.push([offset, length]);
    await new Promise<void>((resolve) => {
      if (state.waits) waiting.push(resolve);
      else resolve();
    });
    if (offset + length > state.badFrom) throw new FileError('io', 'a');
    return Buffer.from(CONTENT.subarray(offset, offset + length));
  };
  const release = (): void => {
    state.waits = false;
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { reads, state, load, release };
}

function file(ahead = new ReadAhead()) {
  const source = disk();
  return { ...source, ahead, blocks: new FileBlocks(SIZE, ahead, source.load) };
}

const expected = (offset: number, length: number): Buffer => CONTENT.subarray(offset, offset + length);

describe('FileBlocks', () => {
  it('reads each block once for a sequential reader, the next one before it is needed', async () => {
    const { blocks, reads } = file();
    let misses = 0;
    for (let at = 0; at < SIZE; at += 256) {
      const length = Math.min(256, SIZE - at);
      let bytes = blocks.get(at, length);
      if (bytes === undefined) {
        misses += 1;
        bytes = await blocks.read(at, length);
      }
      expect(bytes.equals(expected(at, length))).toBe(true);
      // A turn for the disk, as a network has many between two chunks.
      if (at % READ_AHEAD_BYTES >= READ_AHEAD_BYTES / 2) await Promise.resolve();
    }
    expect(misses).toBe(1);
    expect(reads).toEqual([
      ...Array.from({ length: 5 }, (_, i) => [i * READ_AHEAD_BYTES, READ_AHEAD_BYTES]),
      [5 * READ_AHEAD_BYTES, 1234],
    ]);
  });

  it('agrees with the content, whatever is asked for, and knows nothing outside', async () => {
    const near = fc
      .constantFrom(0, 1, 2, 3, 4, 5, 6)
      .chain((index) => fc.integer({ min: -300, max: 300 }).map((by) => index * READ_AHEAD_BYTES + by));
    const offset = fc.oneof(near, fc.integer({ min: -1, max: SIZE + 1 }));
    const length = fc.oneof(
      fc.integer({ min: -1, max: 600 }),
      fc.integer({ min: 0, max: LARGEST_CHUNK_READ_AHEAD + 1 }),
    );
    const question = fc.record({ offset, length, now: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(question, { maxLength: 40 }), async (questions) => {
        const { blocks, ahead } = file();
        for (const { offset, length, now } of questions) {
          const inside = offset >= 0 && length >= 0 && offset + length <= SIZE;
          const there = blocks.get(offset, length);
          if (there !== undefined) {
            expect(inside && length <= LARGEST_CHUNK_READ_AHEAD).toBe(true);
            expect(there.equals(expected(offset, length))).toBe(true);
          }
          if (!inside || now) continue;
          expect((await blocks.read(offset, length)).equals(expected(offset, length))).toBe(true);
          // Whatever was read just now is there, a reader's block is the last to go.
          expect(blocks.get(offset, length)?.length).toBe(
            length <= LARGEST_CHUNK_READ_AHEAD ? length : undefined,
          );
        }
        expect(ahead.size).toBeLessThanOrEqual(READ_AHEAD_BLOCKS);
      }),
    );
  });

  it('knows no places that are none', () => {
    const { blocks } = file();
    for (const [offset, length] of [
      [0.5, 1],
      [0, 0.5],
      [NaN, 1],
      [0, NaN],
      [-1, 2],
      [0, -1],
      [SIZE, 1],
      [SIZE + 1, 0],
      [Infinity, 0],
    ] as const) {
      expect(blocks.get(offset, length)).toBeUndefined();
    }
    expect(blocks.get(SIZE, 0)?.length).toBe(0);
  });

  it('puts a chunk together that lies in two blocks, once both are there', async () => {
    const { blocks, reads } = file();
    const border = READ_AHEAD_BYTES;
    await blocks.read(border, 1);
    expect(blocks.get(border - 100, 200)).toBeUndefined();
    expect((await blocks.read(border - 100, 200)).equals(expected(border - 100, 200))).toBe(true);
    expect(reads.length).toBe(2);
    expect(blocks.get(border - 100, 200)?.equals(expected(border - 100, 200))).toBe(true);
    expect(reads.length).toBe(2);
  });

  it('reads both blocks of such a chunk at the same time', async () => {
    const { blocks, reads, state, release } = file();
    state.waits = true;
    const bytes = blocks.read(READ_AHEAD_BYTES - 1, 2);
    expect(reads.length).toBe(2);
    release();
    expect((await bytes).equals(expected(READ_AHEAD_BYTES - 1, 2))).toBe(true);
  });

  it('reads a block once for all who wait for it', async () => {
    const { blocks, reads, state, release } = file();
    state.waits = true;
    const all = Promise.all(Array.from({ length: 100 }, (_, i) => blocks.read(i * 256, 256)));
    expect(blocks.get(0, 256)).toBeUndefined();
    release();
    expect(Buffer.concat(await all).equals(expected(0, 25_600))).toBe(true);
    expect(reads).toEqual([[0, READ_AHEAD_BYTES]]);
  });

  it('asks for the next block in the second half of one only, and once', async () => {
    const { blocks, reads } = file();
    await blocks.read(0, 256);
    blocks.get(READ_AHEAD_BYTES / 2 - 256, 256);
    expect(reads.length).toBe(1);
    blocks.get(READ_AHEAD_BYTES / 2, 256);
    blocks.get(READ_AHEAD_BYTES / 2 + 256, 256);
    expect(reads).toEqual([
      [0, READ_AHEAD_BYTES],
      [READ_AHEAD_BYTES, READ_AHEAD_BYTES],
    ]);
  });

  it('asks for nothing behind the end', async () => {
    const { reads, load } = disk();
    const blocks = new FileBlocks(READ_AHEAD_BYTES, new ReadAhead(), load);
    await blocks.read(READ_AHEAD_BYTES - 10, 10);
    expect(reads).toEqual([[0, READ_AHEAD_BYTES]]);
  });

  it('hands out copies to those who may wait', async () => {
    const { blocks } = file();
    expect((await blocks.read(0, 256)).buffer.byteLength).toBeLessThan(READ_AHEAD_BYTES);
    const block = blocks.get(0, 256)?.buffer;
    expect(block?.byteLength).toBe(READ_AHEAD_BYTES);
    expect((await blocks.read(0, 256)).buffer).not.toBe(block);
  });

  it('reads the bytes alone where the rest of their block cannot be read', async () => {
    const { blocks, reads, state } = file();
    state.badFrom = 1000;
    expect((await blocks.read(500, 500)).equals(expected(500, 500))).toBe(true);
    expect(reads.at(-1)).toEqual([500, 500]);
    await expect(blocks.read(900, 256)).rejects.toMatchObject({ code: 'io' });
    state.badFrom = Infinity;
    expect((await blocks.read(900, 256)).equals(expected(900, 256))).toBe(true);
    expect(blocks.get(900, 256)).toBeDefined();
  });

  it('keeps silent about a next block that cannot be read, until somebody reads there', async () => {
    const { blocks, ahead, reads, state } = file();
    state.badFrom = READ_AHEAD_BYTES;
    await blocks.read(READ_AHEAD_BYTES - 256, 256);
    expect(reads.length).toBe(2);
    await vi.waitFor(() => expect(ahead.size).toBe(1));
    await expect(blocks.read(READ_AHEAD_BYTES, 256)).rejects.toMatchObject({ code: 'io' });
  });

  it('keeps no block once dropped, not even one that was on its way', async () => {
    const { blocks, ahead, reads, state, release } = file();
    await blocks.read(0, 256);
    state.waits = true;
    const coming = blocks.read(3 * READ_AHEAD_BYTES, 256);
    blocks.drop();
    expect(blocks.get(0, 256)).toBeUndefined();
    expect(ahead.size).toBe(1);
    release();
    expect((await coming).equals(expected(3 * READ_AHEAD_BYTES, 256))).toBe(true);
    expect(ahead.size).toBe(0);
    expect(blocks.get(3 * READ_AHEAD_BYTES, 256)).toBeUndefined();
    expect((await blocks.read(10, 20)).equals(expected(10, 20))).toBe(true);
    expect(reads.at(-1)).toEqual([10, 20]);
    expect(ahead.size).toBe(0);
  });
});

describe('ReadAhead', () => {
  it('lets the least recently used block of all files go', async () => {
    const ahead = new ReadAhead();
    const files = Array.from({ length: READ_AHEAD_BLOCKS }, () => file(ahead).blocks);
    for (const blocks of files) await blocks.read(0, 1);
    expect(ahead.size).toBe(READ_AHEAD_BLOCKS);
    expect(files[0]?.get(0, 1)).toBeDefined();
    await file(ahead).blocks.read(0, 1);
    expect(ahead.size).toBe(READ_AHEAD_BLOCKS);
    expect(files[0]?.get(0, 1)).toBeDefined();
    expect(files[1]?.get(0, 1)).toBeUndefined();
    expect(files[2]?.get(0, 1)).toBeDefined();
  });

  it('holds no more blocks however many are asked for at once: the others read their bytes alone', async () => {
    const ahead = new ReadAhead();
    const files = Array.from({ length: READ_AHEAD_BLOCKS + 10 }, () => file(ahead));
    for (const { state } of files) state.waits = true;
    const all = files.map(({ blocks }) => blocks.read(READ_AHEAD_BYTES - 128, 256));
    await vi.waitFor(() => expect(files.every(({ reads }) => reads.length > 0)).toBe(true));
    expect(ahead.size).toBe(READ_AHEAD_BLOCKS);
    const read = files.flatMap(({ reads }) => reads);
    expect(read.filter(([, length]) => length === READ_AHEAD_BYTES).length).toBe(READ_AHEAD_BLOCKS);
    for (const { release } of files) release();
    for (const bytes of await Promise.all(all)) {
      expect(bytes.equals(expected(READ_AHEAD_BYTES - 128, 256))).toBe(true);
    }
    expect(ahead.size).toBeLessThanOrEqual(READ_AHEAD_BLOCKS);
  });

  it('gives the right bytes where the next block pushes out the only one that is there', async () => {
    const ahead = new ReadAhead();
    const { blocks } = file(ahead);
    await blocks.read(0, 1);
    const others = Array.from({ length: READ_AHEAD_BLOCKS - 1 }, () => file(ahead));
    for (const { state } of others) state.waits = true;
    const all = others.map((other) => other.blocks.read(0, 1));
    const at = READ_AHEAD_BYTES - 256;
    expect(blocks.get(at, 256)?.equals(expected(at, 256))).toBe(true);
    expect(blocks.get(at, 256)).toBeUndefined();
    await vi.waitFor(() => expect(blocks.get(READ_AHEAD_BYTES, 1)).toBeDefined());
    expect((await blocks.read(at, 512)).equals(expected(at, 512))).toBe(true);
    for (const { release } of others) release();
    await Promise.all(all);
  });
});
