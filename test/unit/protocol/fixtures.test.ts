import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { decode } from '../../../src/protocol/decode.ts';
import { MAX_REPLY_BYTES } from '../../../src/limits.ts';
import { LengthBuffer } from '../../../src/protocol/length-buffer.ts';
import { LineBuffer } from '../../../src/protocol/line-buffer.ts';
import { loadFixtures, type Expected, type WireStream } from '../../helpers/field/fixtures.ts';

const FIXTURES = loadFixtures();

/** The payloads of a stream that arrives in these pieces. */
function payloadsOf(writer: WireStream['writer'], pieces: readonly Buffer[]): string[] {
  const isPrefixed = writer === 'S' && pieces.find(({ length }) => length > 0)?.[0] === 0;
  const reader = isPrefixed ? new LengthBuffer(MAX_REPLY_BYTES) : new LineBuffer(MAX_REPLY_BYTES);
  const payloads = pieces.flatMap((piece) => reader.push(piece));
  const last = reader.end();
  return [...payloads, ...(last === undefined ? [] : [last])].map((payload) => payload.toString('latin1'));
}

function outcome(payload: string): Omit<Expected, 'payloads'> {
  try {
    return { message: decode(Buffer.from(payload, 'latin1')) };
  } catch (error) {
    if (error instanceof ProtocolError) return { error: error.code };
    throw error;
  }
}

/** What the payloads mean, those of one message joined as whoever asked does it. */
function meaning(stream: WireStream, payloads: readonly string[]): Expected[] {
  let at = 0;
  const expected = stream.expected.map(({ payloads: several }) => {
    const own = payloads.slice(at, at + Math.max(1, several.length));
    at += own.length;
    return { payloads: several.length === 0 ? [] : own, ...outcome(own.join(' ')) };
  });
  return [...expected, ...payloads.slice(at).map((payload) => ({ payloads: [], ...outcome(payload) }))];
}

describe.each(FIXTURES)('$dialect: $name', ({ streams }) => {
  it.each(streams)('connection $connection, what $writer writes', (stream) => {
    const { writer, bytes } = stream;
    const whole = payloadsOf(writer, [bytes]);
    expect(meaning(stream, whole)).toEqual(stream.expected);
    expect(
      payloadsOf(
        writer,
        Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
      ),
    ).toEqual(whole);
    for (let at = 1; at < bytes.length; at++)
      expect(payloadsOf(writer, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
  });
});

it('there is an exchange of every dialect', () => {
  expect(new Set(FIXTURES.map(({ dialect }) => dialect))).toEqual(
    new Set(['session', 'line', 'prefixed', 'raw', 'callback', 'persistent', 'multiline']),
  );
});
