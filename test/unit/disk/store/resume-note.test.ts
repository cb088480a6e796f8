import { describe, expect, it } from 'vitest';
import {
  decodeNote,
  encodeNote,
  type ResumeNote,
  MAX_NOTED_RANGES,
  MAX_NOTE_BYTES,
} from '../../../../src/disk/store/resume-note.ts';

const note: ResumeNote = {
  name: 'caf\udce9 ç',
  size: 1_000,
  sha256: '0123456789abcdef'.repeat(4),
  ranges: [
    [0, 256],
    [512, 1_000],
  ],
  isFree: false,
};

const changed = (change: Record<string, unknown>): string =>
  JSON.stringify({ ...(JSON.parse(encodeNote(note)) as object), ...change });

describe('a resume note', () => {
  it('says the same when it is read', () => {
    expect(decodeNote(encodeNote(note))).toEqual(note);
    const free = { ...note, sha256: undefined, isFree: true, ranges: [] };
    expect(decodeNote(encodeNote(free))).toEqual(free);
  });

  it('of another version is not judged', () => {
    expect(decodeNote('{"version":3,"anything":"else"}')).toBe('foreign');
  });

  it('of the former version is understood, whatever it says of its process', () => {
    const former = { version: 1, isFree: undefined, chunkSize: 256 };
    expect(decodeNote(changed(former))).toEqual({ ...note, isFree: true });
    for (const owner of [{ host: 'here', space: 'pid:[1]', pid: 7, birth: 'boot 1' }, 7]) {
      expect(decodeNote(changed({ ...former, owner }))).toEqual(note);
    }
  });

  it.each([
    ['nothing', ''],
    ['half of it', encodeNote(note).slice(0, 40)],
    ['zeros', '\0'.repeat(100)],
    ['no object', 'null'],
    ['no version', '{}'],
    ['no name', changed({ nameBase64: 1 })],
    ['no size', changed({ size: '1000' })],
    ['a negative size', changed({ size: -1 })],
    ['a size without end', changed({ size: 2 ** 60 })],
    ['no ranges', changed({ ranges: undefined })],
    ['a range that is none', changed({ ranges: [7] })],
    ['a range beyond the end', changed({ ranges: [[512, 1_001]] })],
    ['a range that ends before it begins', changed({ ranges: [[5, 5]] })],
    ['half a byte', changed({ ranges: [[0, 1.5]] })],
    ['too many ranges', changed({ ranges: Array.from({ length: MAX_NOTED_RANGES + 1 }, () => [0, 1]) })],
    ['a digest that is none', changed({ sha256: 'ABC' })],
  ])('with %s is broken', (_, text) => {
    expect(decodeNote(text)).toBe('broken');
  });

  it('claims its first ranges where there are too many, and stays small', () => {
    const ranges = Array.from({ length: MAX_NOTED_RANGES + 5 }, (_, i) => [
      i * 2 + 2 ** 52,
      i * 2 + 2 ** 52 + 1,
    ]);
    const many = encodeNote({ ...note, size: 2 ** 53 - 1, ranges: ranges as [number, number][] });
    expect(many.length).toBeLessThan(MAX_NOTE_BYTES);
    expect(decodeNote(many)).toMatchObject({ ranges: ranges.slice(0, MAX_NOTED_RANGES) });
  });

  it('has ranges in order, whatever order they stand in', () => {
    expect(
      decodeNote(
        changed({
          ranges: [
            [5, 7],
            [0, 2],
            [2, 3],
          ],
        }),
      ),
    ).toMatchObject({
      ranges: [
        [0, 3],
        [5, 7],
      ],
    });
  });
});
