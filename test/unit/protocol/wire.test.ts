import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { bytesFromName, encodeName } from '../../../src/protocol/names.ts';
import { decode } from '../../../src/protocol/decode.ts';
import { DEFAULT_DIALECT, DIALECT_NAMES, dialectNamed } from '../../../src/protocol/dialect.ts';
import { MAX_REQUEST_BYTES } from '../../../src/limits.ts';
import { LineBuffer } from '../../../src/protocol/line-buffer.ts';
import { encode, encodeForSocket, encodeRest } from '../../../src/protocol/encode.ts';
import type { Address } from '../../../src/protocol/address.ts';
import type { Message } from '../../../src/protocol/message.ts';
import { BROKEN_LINES, WIRE_CASES } from '../../helpers/wire-cases.ts';

const TRAILING = '127.0.0.1:9009 77 BYE';

/** What a reader makes of these pieces. */
function read(pieces: readonly Buffer[]): Message[] {
  const reader = new LineBuffer(MAX_REQUEST_BYTES);
  const payloads = pieces.flatMap((piece) => reader.push(piece));
  const last = reader.end();
  return [...payloads, ...(last === undefined ? [] : [last])].map(decode);
}

describe.each(WIRE_CASES)('$what', ({ line, canonical, message }) => {
  const bytes = bytesFromName(`${line}\n`);

  it('is read whole, without newline, and with trailing data', () => {
    expect(read([bytes])).toEqual([message]);
    expect(read([bytes.subarray(0, -1)])).toEqual([message]);
    const [first, second] = read([Buffer.concat([bytes, Buffer.from(`${TRAILING}\n`)])]);
    expect(first).toEqual(message);
    expect(second).toMatchObject({ type: 'BYE', clock: 77 });
  });

  it('is read byte by byte', () => {
    expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual([message]);
  });

  it('is read at every split', () => {
    for (let at = 1; at < bytes.length; at++) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual([message]);
    }
  });

  it('is written as one line', () => {
    expect(encode(message, DEFAULT_DIALECT)).toEqual(bytesFromName(`${canonical ?? line}\n`));
  });
});

describe('broken lines', () => {
  it.each(BROKEN_LINES)('%s: %s', (code, line) => {
    let error: unknown;
    try {
      decode(Buffer.from(line));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code });
  });

  it('nothing but a ProtocolError comes out of any bytes', () => {
    const head = fc.constantFrom(
      '',
      'a:1 1 ',
      'a:1 1 FILE ',
      'a:1 1 LS_LIST ',
      'a:1 1 DL x ',
      'a:1 PEER_LIST ',
    );
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 60 }), (start, rest) => {
        try {
          decode(Buffer.concat([Buffer.from(start), rest]));
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what we write we read', () => {
  const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const origin = fc.constantFrom(
    '127.0.0.1:1' as Address,
    '[2001:db8::1]:65535' as Address,
    'host_a.lan:80' as Address,
  );
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const token = fc.oneof(name.map(encodeURIComponent), name.map(encodeName));
  const stamp = fc.record({ origin, clock: fc.nat({ max: 2 ** 50 }) });
  const body = fc.oneof(
    fc.record({ type: fc.constantFrom('GET_PEERS' as const, 'LS' as const, 'BYE' as const) }),
    fc.record({ type: fc.constant('DL' as const), token, size: count, index: count }),
    fc.record({
      type: fc.constant('FILE' as const),
      token,
      size: count,
      index: count,
      data: fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    }),
    fc.record({ type: fc.constant('DIGEST' as const), token }),
    fc.record({
      type: fc.constant('DIGEST_OF' as const),
      token,
      size: count,
      sha256: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
    }),
    fc.record({
      type: fc.constant('ERROR' as const),
      of: fc.constantFrom('DL', 'DIGEST'),
      code: fc.constantFrom('busy', 'bad-request'),
      args: fc.array(token, { maxLength: 4 }),
    }),
    fc.record({ type: fc.constant('LS_LIST' as const), files: fc.array(fc.record({ token, size: count })) }),
  );

  it('for any message, cut anywhere', () => {
    fc.assert(
      fc.property(stamp, body, fc.nat(), (head, tail, cut) => {
        const message: Message = { ...head, ...tail };
        const bytes = encode(message, DEFAULT_DIALECT);
        const at = cut % bytes.length;
        expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual([message]);
      }),
    );
  });

  it('for a FILE that leaves in slices', async () => {
    const data = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
    async function* slices(): AsyncGenerator<Buffer> {
      for (let at = 300; at < data.length; at += 300)
        yield await Promise.resolve(data.subarray(at, at + 300));
    }
    const head = {
      origin: 'a:1' as Address,
      clock: 1,
      type: 'FILE',
      token: 'x',
      size: 1000,
      index: 0,
    } as const;
    const rest = { bytes: 700, slices: slices() };
    const pieces = [encode({ ...head, data: data.subarray(0, 300), rest }, DEFAULT_DIALECT)];
    for await (const text of encodeRest(rest, DEFAULT_DIALECT)) pieces.push(Buffer.from(text, 'latin1'));
    expect(read(pieces)).toEqual([{ ...head, data }]);
  });
});

describe('what goes into a socket', () => {
  it.each([0, 1, 255, 8 * 1024 - 1, 8 * 1024, 48 * 1024, 100_001])(
    'is the same, of a FILE of %d bytes',
    (size) => {
      const data = Buffer.alloc(size, 'çã');
      const message = {
        origin: 'a:1' as Address,
        clock: 9,
        type: 'FILE',
        token: 'ção',
        size,
        index: 3,
        data,
      } as const;
      for (const dialect of DIALECT_NAMES.map(dialectNamed)) {
        if (dialect === undefined) throw new Error('no such dialect');
        const written = encodeForSocket(message, dialect);
        const bytes = typeof written === 'string' ? Buffer.from(written, 'latin1') : written;
        expect(bytes.equals(encode(message, dialect))).toBe(true);
      }
    },
  );
});

describe('base64', () => {
  it('takes exactly what RFC 4648 calls base64', () => {
    const alphabet = fc.string({
      unit: fc.constantFrom(...'ABab01+/=-_ \n\t%é'),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(alphabet, (text) => {
        if (text.trim() !== text) return;
        const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
        const read = () => decode(Buffer.from(`a:1 1 FILE x 1 0 ${text}`));
        if (strict) expect(read()).toMatchObject({ data: Buffer.from(text, 'base64') });
        else expect(read).toThrow('bad-base64');
      }),
      { numRuns: 5000 },
    );
  });
});
