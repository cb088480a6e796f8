import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineBuffer } from '../../../src/protocol/line-buffer.ts';

const text = (lines: readonly Buffer[]) => lines.map((line) => line.toString());

describe('LineBuffer', () => {
  it('gives whole lines only, and the unfinished one at the end', () => {
    const buffer = new LineBuffer(100);
    expect(text(buffer.push(Buffer.from('a\nb\nc')))).toEqual(['a', 'b']);
    expect(buffer.peek().toString()).toBe('c');
    expect(text(buffer.push(Buffer.from('d\n')))).toEqual(['cd']);
    expect(buffer.end()).toBeUndefined();
    buffer.push(Buffer.from('tail'));
    expect(buffer.end()?.toString()).toBe('tail');
  });

  it('drops blank lines, and the NUL that some programs send behind their newline', () => {
    const buffer = new LineBuffer(100);
    expect(text(buffer.push(Buffer.from('\n\r\n \n\0\na\n\0')))).toEqual(['a']);
    expect(buffer.end()).toBeUndefined();
  });

  it('takes a line of exactly the limit and refuses one byte more, finished or not', () => {
    expect(text(new LineBuffer(4).push(Buffer.from('abcd\n')))).toEqual(['abcd']);
    expect(() => new LineBuffer(4).push(Buffer.from('abcde\n'))).toThrow('line-too-long');
    const buffer = new LineBuffer(4);
    buffer.push(Buffer.from('abc'));
    expect(() => buffer.push(Buffer.from('de'))).toThrow('line-too-long');
    expect(buffer.peek()).toHaveLength(0);
  });

  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'é', '\n', '😀') }),
        fc.array(fc.nat(9)),
        (whole, cuts) => {
          const bytes = Buffer.from(`${whole}\n`);
          const buffer = new LineBuffer(1000);
          const lines: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            lines.push(...buffer.push(bytes.subarray(at, at + cut)));
            at += cut;
          }
          lines.push(...buffer.push(bytes.subarray(at)));
          expect(text(lines)).toEqual(whole.split('\n').filter((line) => line !== ''));
        },
      ),
    );
  });
});
