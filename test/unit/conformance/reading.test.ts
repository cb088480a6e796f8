import { describe, expect, it } from 'vitest';
import { firstReply, read, shownReply } from '../../../src/conformance/reading.ts';

const prefixed = (text: string): Buffer => {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64BE(BigInt(Buffer.byteLength(text)));
  return Buffer.concat([prefix, Buffer.from(text)]);
};

describe('where a reply ends', () => {
  it.each([
    ['127.0.0.1:1 2 LS_LIST 0\n', 24],
    ['127.0.0.1:1 2 LS_LIST 0', undefined],
    ['', undefined],
    ['127.0.0.1:1 2 LS_LIST 0\n\0', 24],
    // A list with an entry a line ends with an empty one; so does nothing before that.
    ['127.0.0.1:1 2 LS_LIST 2 a:1\nb:2\n', undefined],
    ['127.0.0.1:1 2 LS_LIST 2 a:1\nb:2\n\n', 33],
  ])('%j', (text, length) => {
    expect(firstReply(Buffer.from(text))).toBe(length);
  });

  it('behind a length', () => {
    const bytes = prefixed('127.0.0.1:1 2 LS_LIST 0');
    for (let length = 1; length < bytes.length; length++)
      expect(firstReply(bytes.subarray(0, length))).toBeUndefined();
    expect(firstReply(Buffer.concat([bytes, Buffer.from('x')]))).toBe(bytes.length);
  });
});

describe('a reply taken apart', () => {
  const plain = {
    framing: 'text',
    isUtf8: true,
    tail: '\n',
    origin: '127.0.0.1:1',
    clockText: '2',
    clock: 2,
    type: 'LS_LIST',
    args: ['1', 'ação.txt:3'],
  };
  const line = '127.0.0.1:1 2 LS_LIST 1 ação.txt:3';

  it.each([
    ['as the protocol says', `${line}\n`, plain],
    ['without newline', line, { ...plain, tail: '' }],
    ['with a NUL', `${line}\n\0`, { ...plain, tail: '\n\0' }],
    ['with spaces at both ends', ` ${line} \n`, { ...plain, tail: ' \n' }],
    ['with a line of Windows', `${line}\r\n`, { ...plain, tail: '\r\n' }],
    ['without clock', line.replace(' 2 ', ' '), { ...plain, tail: '', clockText: '', clock: undefined }],
    [
      'with a clock that is none',
      line.replace(' 2 ', ' 2.0 '),
      { ...plain, tail: '', clockText: '2.0', clock: undefined },
    ],
    ['on several lines', `${line.replace('1 ação', '1\nação')}\n\n`, { ...plain, tail: '\n\n' }],
  ])('%s', (_, text, expected) => {
    expect(read(Buffer.from(text))).toMatchObject(expected);
  });

  it('behind a length', () => {
    expect(read(prefixed(line))).toMatchObject({ ...plain, framing: 'length', tail: '' });
  });

  it('what is not UTF-8 is still read', () => {
    expect(read(Buffer.from(`${line}\n`, 'latin1'))).toMatchObject({ isUtf8: false, type: 'LS_LIST' });
  });

  it.each(['', '\n', 'HTTP/1.1 400 Bad Request\r\n', '127.0.0.1:1', '127.0.0.1:1 2', '127.0.0.1:1 2 ls\n'])(
    '%j is no message',
    (text) => {
      expect(read(Buffer.from(text))).toBeUndefined();
    },
  );
});

describe('what came, for a person', () => {
  it.each([
    ['a\\b "ç" \r\n\0\x07\u202e', 'a\\\\b "ç" \\r\\n\\0\\x07\\u{202e}'],
    [Buffer.from([0x61, 0xff, 0x0a]), 'a\\xff\\n'],
  ])('%j', (bytes, text) => {
    expect(shownReply(Buffer.from(bytes), 'closed')).toBe(text);
  });

  it('a long one is cut in its middle', () => {
    const text = shownReply(Buffer.from(`${'a'.repeat(1_000)}\n`), 'open');
    expect(text).toBe(`${'a'.repeat(176)} […801 bytes…] ${'a'.repeat(23)}\\n`);
  });

  it('nothing came', () => {
    const ends = (['open', 'closed', 'reset'] as const).map((end) => shownReply(Buffer.alloc(0), end));
    expect(ends).toEqual([
      '(nada, até o prazo)',
      '(nada: a conexão foi fechada)',
      '(nada: a conexão foi cortada)',
    ]);
  });
});
