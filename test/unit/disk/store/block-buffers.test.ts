import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BlockBuffers,
  type DiskWrite,
  MAX_OPEN_BLOCKS,
  WRITE_BLOCK_BYTES,
} from '../../../../src/disk/store/block-buffers.ts';

const spans = (writes: readonly DiskWrite[]) => writes.map(({ position, bytes }) => [position, bytes.length]);

describe('BlockBuffers', () => {
  it('keeps chunks until their block is full, the last block being shorter', () => {
    const blocks = new BlockBuffers(WRITE_BLOCK_BYTES + 10);
    const half = WRITE_BLOCK_BYTES / 2;
    expect(blocks.put(half, Buffer.alloc(half, 2))).toEqual([]);
    const writes = blocks.put(0, Buffer.alloc(half, 1));
    expect(spans(writes)).toEqual([[0, WRITE_BLOCK_BYTES]]);
    expect(writes[0]?.bytes[half - 1]).toBe(1);
    expect(writes[0]?.bytes[half]).toBe(2);
    expect(spans(blocks.put(WRITE_BLOCK_BYTES, Buffer.alloc(10)))).toEqual([[WRITE_BLOCK_BYTES, 10]]);
    expect(blocks.drain()).toEqual([]);
  });

  it('shares out a chunk that spans blocks', () => {
    const blocks = new BlockBuffers(3 * WRITE_BLOCK_BYTES);
    const writes = blocks.put(WRITE_BLOCK_BYTES - 1, Buffer.alloc(WRITE_BLOCK_BYTES + 2, 7));
    expect(spans(writes)).toEqual([[WRITE_BLOCK_BYTES, WRITE_BLOCK_BYTES]]);
    expect(spans(blocks.drain())).toEqual([
      [WRITE_BLOCK_BYTES - 1, 1],
      [2 * WRITE_BLOCK_BYTES, 1],
    ]);
  });

  it('takes a copy: the caller may use the buffer again', () => {
    const blocks = new BlockBuffers(4);
    const chunk = Buffer.from('ab');
    blocks.put(0, chunk);
    chunk.fill(0);
    expect(blocks.put(2, Buffer.from('cd'))[0]?.bytes.toString()).toBe('abcd');
  });

  it('lets the oldest block go when there are too many, without its holes, and takes it back later', () => {
    const blocks = new BlockBuffers((MAX_OPEN_BLOCKS + 1) * WRITE_BLOCK_BYTES);
    blocks.put(0, Buffer.from('ab'));
    blocks.put(5, Buffer.from('c'));
    for (let index = 1; index < MAX_OPEN_BLOCKS; index += 1) {
      expect(blocks.put(index * WRITE_BLOCK_BYTES, Buffer.from('x'))).toEqual([]);
    }
    expect(blocks.put(MAX_OPEN_BLOCKS * WRITE_BLOCK_BYTES, Buffer.from('x'))).toEqual([
      { position: 0, bytes: Buffer.from('ab') },
      { position: 5, bytes: Buffer.from('c') },
    ]);
    expect(spans(blocks.put(2, Buffer.from('def')))).toEqual([[WRITE_BLOCK_BYTES, 1]]);
    expect(blocks.drain().at(-1)).toEqual({ position: 2, bytes: Buffer.from('def') });
  });

  it('replaces a byte that comes again, in its block or behind it', () => {
    const blocks = new BlockBuffers(WRITE_BLOCK_BYTES);
    blocks.put(0, Buffer.from('abcd'));
    blocks.put(1, Buffer.from('XY'));
    const [write] = blocks.put(4, Buffer.alloc(WRITE_BLOCK_BYTES - 4));
    expect(write?.bytes.subarray(0, 5).toString()).toBe('aXYd\0');
    expect(blocks.put(2, Buffer.from('Z'))).toEqual([]);
    expect(blocks.drain()).toEqual([{ position: 2, bytes: Buffer.from('Z') }]);
  });

  it('writes every byte once and in its place, whatever the order', () => {
    const size = fc.integer({ min: 1, max: 3 * WRITE_BLOCK_BYTES });
    fc.assert(
      fc.property(
        size,
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        (length, cuts, random) => {
          const file = Buffer.alloc(length);
          for (let at = 0; at < length; at += 1) file[at] = (at * 31) >> 3;
          const borders = [...new Set([0, ...cuts.map((cut) => cut % length), length])].sort((a, b) => a - b);
          const chunks = borders.slice(1).map((end, i) => [borders[i] ?? 0, end] as const);
          const blocks = new BlockBuffers(length);
          const written = Buffer.alloc(length);
          let total = 0;
          const land = (writes: readonly DiskWrite[]): void => {
            for (const { position, bytes } of writes) {
              bytes.copy(written, position);
              total += bytes.length;
            }
          };
          while (chunks.length > 0) {
            const [[from, to] = [0, 0]] = chunks.splice((random.next().value ?? 0) % chunks.length, 1);
            land(blocks.put(from, file.subarray(from, to)));
          }
          land(blocks.drain());
          expect(total).toBe(length);
          expect(written.equals(file)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
