import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_REQUEST_BYTES, MAX_TOKEN_BYTES } from '../../../src/limits.ts';
import { nameFromBytes } from '../../../src/protocol/names.ts';
import { LineTokens, parseCount } from '../../../src/protocol/line-tokens.ts';

/** The tokens of a line, read in the plainest way: byte by byte. */
function plainTokens(payload: Buffer): string[] {
  const latin1 = payload.toString('latin1').replace(/^[\0\r ]+|[\0\r ]+$/g, '');
  return latin1.split(' ').map((token) => nameFromBytes(Buffer.from(token, 'latin1')));
}

function nextTokens(line: LineTokens, most: number): string[] {
  const tokens: string[] = [];
  for (let token = line.next(); token !== undefined; token = line.next()) {
    tokens.push(token);
    if (tokens.length === most) break;
  }
  return tokens;
}

describe('LineTokens', () => {
  const odd = fc.constantFrom(0x00, 0x0d, 0x20, 0x30, 0x61, 0xc3, 0xa7, 0xff, 0xef, 0xbf, 0xbd);
  const oddBytes = fc.array(odd, { maxLength: 40 });

  it('cuts any bytes at their spaces', () => {
    fc.assert(
      fc.property(oddBytes, fc.integer({ min: 1, max: 6 }), (bytes, most) => {
        const payload = Buffer.from(bytes);
        const expected = plainTokens(payload);
        const line = new LineTokens(payload);
        expect(nextTokens(line, most)).toEqual(expected.slice(0, most));
        expect(line.others()).toEqual(expected.slice(most));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives what is left, a character for each byte', () => {
    fc.assert(
      fc.property(oddBytes, (bytes) => {
        const left = Buffer.from([...bytes, 0x61]);
        const line = new LineTokens(Buffer.concat([Buffer.from('first '), left]));
        line.next();
        expect(line.rest()).toBe(left.toString('latin1'));
      }),
    );
  });

  it('reads a long line as it reads a short one, wherever its head ends', () => {
    const base64 = 'x'.repeat(64);
    for (let length = MAX_REQUEST_BYTES - 60; length < MAX_REQUEST_BYTES + 20; length++) {
      const head = ['127.0.0.1:9001', '12345', 'FILE', 'n'.repeat(length), '4096', '7'];
      const line = new LineTokens(Buffer.from([...head, base64].join(' ')));
      expect(nextTokens(line, 6)).toEqual(head);
      expect(line.rest()).toBe(base64);
    }
  });

  it('gives the tokens of a long list in slices, none longer than an entry can be', () => {
    const tokens = Array.from({ length: 9_000 }, (_, at) => (at % 5 === 0 ? `é${at}` : `f${at}`));
    tokens[4_000] = 'x'.repeat(100_000);
    const slices = [...new LineTokens(Buffer.from(tokens.join(' '))).slices()];
    expect(slices.length).toBeGreaterThan(3);
    tokens[4_000] = 'x'.repeat(MAX_TOKEN_BYTES + 1);
    expect(slices.flat()).toEqual(tokens);
  });
});

describe('counts', () => {
  it.each([
    ['0', 0],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', undefined],
    ['9007199254740993', undefined],
    ['9999999999999999', undefined],
    ['00000000000000001', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['٣', undefined],
  ])('%j is %s', (token, count) => {
    expect(parseCount(token)).toBe(count);
  });

  it('are read as Number reads them', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789/:'), maxLength: 18 }), (token) => {
        const isCount = /^[0-9]{1,16}$/.test(token) && Number.isSafeInteger(Number(token));
        expect(parseCount(token)).toBe(isCount ? Number(token) : undefined);
      }),
    );
  });
});
