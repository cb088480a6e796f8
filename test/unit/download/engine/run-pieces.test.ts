import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutPieces, RunPieces } from '../../../../src/download/engine/run-pieces.ts';

const anyRun = fc.record({
  chunkSize: fc.integer({ min: 1, max: 40 }),
  first: fc.nat(5),
  chunks: fc.integer({ min: 1, max: 12 }),
  /** Bytes that the last chunk lacks, where it is the last of its file. */
  lacks: fc.nat(39),
  slices: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
});

it('gives each byte once, in whole chunks, and knows what is missing after every slice', () => {
  fc.assert(
    fc.property(anyRun, ({ chunkSize, first, chunks, lacks, slices }) => {
      const from = first * chunkSize;
      const to = (first + chunks) * chunkSize - (lacks % chunkSize);
      const content = Buffer.from(Array.from({ length: to - from }, (_, i) => i % 251));
      const run = { first, end: first + chunks };
      const pieces = new RunPieces(run, [from, to], chunkSize);
      const got: Buffer[] = [];
      let next = first;
      for (let at = 0, i = 0; at < content.length; i++) {
        const slice = content.subarray(at, at + (slices[i % slices.length] ?? 1));
        at += slice.length;
        const whole = pieces.take(slice);
        expect(pieces.left).toBe(content.length - at);
        if (whole !== undefined) {
          expect(whole.run.first).toBe(next);
          expect(whole.offset).toBe(whole.run.first * chunkSize);
          const bytes = Buffer.concat(whole.pieces);
          expect(bytes.length).toBe(Math.min(whole.run.end * chunkSize, to) - whole.offset);
          got.push(bytes);
          next = whole.run.end;
        }
        const isWhole = at === content.length;
        expect(next).toBe(isWhole ? run.end : first + Math.floor(at / chunkSize));
        expect(pieces.rest).toEqual(isWhole ? undefined : { first: next, end: run.end });
      }
      expect(Buffer.concat(got).equals(content)).toBe(true);
    }),
  );
});

it('cuts pieces as if they were one', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.nat(30), fc.nat(30), (texts, from, length) => {
      const pieces = texts.map((text) => Buffer.from(text));
      const cut = Buffer.concat(cutPieces(pieces, from, from + length));
      expect(cut.equals(Buffer.concat(pieces).subarray(from, from + length))).toBe(true);
    }),
  );
});
