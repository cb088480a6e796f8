import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockReader, RawSlice } from '../../../src/protocol/block-reader.ts';
import { LineBuffer } from '../../../src/protocol/line-buffer.ts';

const HEAD = '127.0.0.1:9001 7 DATA a.bin 512';

/** What was read: lines as they are, and the bytes of each block joined, with a mark where it is whole. */
function read(pieces: readonly Buffer[], limit = 4096): string[] {
  const reader = new BlockReader(new LineBuffer(limit));
  const all: string[] = [];
  let block: string | undefined;
  for (const piece of pieces) {
    for (const part of reader.push(piece)) {
      if (!(part instanceof RawSlice)) {
        expect(block).toBeUndefined();
        all.push(part.toString('latin1'));
        continue;
      }
      expect(part.bytes.length).toBeGreaterThan(0);
      block = (block ?? '') + part.bytes.toString('latin1');
      if (!part.isLast) continue;
      all.push(`[${block}]`);
      block = undefined;
    }
  }
  if (block !== undefined) all.push(`[${block}`);
  return all;
}

const cutAt = (bytes: Buffer, cuts: readonly number[]) => {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
  at.sort((a, b) => a - b);
  return at.slice(1).map((to, i) => bytes.subarray(at[i], to));
};

const anyItem = fc.oneof(
  fc.constantFrom('127.0.0.1:9001 8 LS_LIST 0', '127.0.0.1:9001 9 ERROR GET busy a.bin 0 5').map((line) => ({
    wire: Buffer.from(`${line}\n`),
    seen: line,
  })),
  // Bytes of a block may look like anything, the head of a block too.
  fc
    .oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('\n', '\n\n\0', `${HEAD} 5\nabcde`, `${HEAD} 5\n`).map((text) => Buffer.from(text)),
    )
    .map((bytes) => ({
      wire: Buffer.concat([Buffer.from(`${HEAD} ${bytes.length}\n`), bytes]),
      seen: [`${HEAD} ${bytes.length}`, `[${bytes.toString('latin1')}]`],
    })),
);

describe('BlockReader', () => {
  it('gives the same lines and blocks however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(anyItem, { maxLength: 6 }), fc.array(fc.nat(4000)), (items, cuts) => {
        const wire = Buffer.concat(items.map((item) => item.wire));
        expect(read(cutAt(wire, cuts))).toEqual(items.flatMap(({ seen }) => seen));
      }),
    );
  });

  it('gives them where every byte comes alone', () => {
    const wire = Buffer.from(`${HEAD} 4\nab\nc127.0.0.1:9001 8 LS_LIST 0\n${HEAD} 1\n\n`);
    const seen = [`${HEAD} 4`, '[ab\nc]', '127.0.0.1:9001 8 LS_LIST 0', `${HEAD} 1`, '[\n]'];
    expect(read([...wire].map((byte) => Buffer.of(byte)))).toEqual(seen);
  });

  it('hands over parts of what was read, not copies', () => {
    const wire = Buffer.from(`${HEAD} 6\nabcdef`);
    const [, slice] = new BlockReader(new LineBuffer(100)).push(wire);
    expect(slice).toBeInstanceOf(RawSlice);
    expect((slice as RawSlice).bytes.buffer).toBe(wire.buffer);
  });

  it.each([
    ['no length', ''],
    ['nothing', ' 0'],
    ['more than a block may have', ' 1048577'],
    ['2^53', ' 9007199254740992'],
    ['a huge number', ` ${'9'.repeat(40)}`],
    ['a negative number', ' -5'],
    ['a fraction', ' 1.5'],
    ['an argument too many', ' 5 5'],
  ])('takes a head that announces %s for a line like any other', (_, length) => {
    const wire = Buffer.from(`${HEAD}${length}\n127.0.0.1:9001 8 LS_LIST 0\n`);
    expect(read([wire])).toEqual([`${HEAD}${length}`, '127.0.0.1:9001 8 LS_LIST 0']);
  });

  it('takes the longest block', () => {
    const reader = new BlockReader(new LineBuffer(100));
    reader.push(Buffer.from(`${HEAD} 1048576\n`));
    const most = Buffer.alloc(1_048_575, 0x0a);
    expect(reader.push(most)).toMatchObject([{ isLast: false }]);
    expect(reader.push(Buffer.from('\nx 1 LS\n'))).toMatchObject([{ isLast: true }, {}]);
  });

  it('keeps to the limit of a line', () => {
    expect(() => read([Buffer.alloc(5000, 0x61)], 4096)).toThrow('line-too-long');
  });

  it('never throws anything but a ProtocolError', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(HEAD, ' 5', '\n', ' DATA '))), (parts) => {
        try {
          read([Buffer.from(parts.join(''))]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'line-too-long' });
        }
      }),
    );
  });
});
