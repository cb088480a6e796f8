import { describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.ts';
import { Handlers, type Share, FILE_SLICE_BYTES } from '../../src/handlers.ts';
import { MAX_CHUNK_BYTES, MAX_NAME_BYTES } from '../../src/limits.ts';
import { Neighbours } from '../../src/neighbours.ts';
import type { Address } from '../../src/protocol/address.ts';
import type { Message, MessageOf } from '../../src/protocol/message.ts';

const asker = '127.0.0.1:9' as Address;
const big = Buffer.from(Array.from({ length: 2 * FILE_SLICE_BYTES + 5 }, (_, i) => i % 253));

function shareOf(files: Readonly<Record<string, Buffer>>): Share {
  return {
    list: () => Promise.resolve(Object.entries(files).map(([name, { length }]) => ({ name, size: length }))),
    open: (name) => {
      const data = files[name];
      if (data === undefined) return Promise.reject(new FileError('not-found', name));
      return Promise.resolve({
        size: data.length,
        read: (offset, length) => Promise.resolve(data.subarray(offset, offset + length)),
        readInto: (bytes, offset) => {
          data.copy(bytes, 0, offset);
          return Promise.resolve();
        },
        readNow: () => undefined,
      });
    },
    openNow: () => undefined,
    digest: () => new Promise(() => undefined),
    sizeOf: (name) => files[name]?.length,
  };
}

const handlers = new Handlers(
  new Neighbours(() => 'own:1' as Address),
  shareOf({
    'a b.txt': Buffer.from('0123456789'),
    'c%20d': Buffer.from('literal'),
    'e%20f': Buffer.from('only literal'),
    '100%.txt': Buffer.from('percent'),
    'x:600': Buffer.from('with a colon'),
    'c d': Buffer.from('decoded'),
    vazio: Buffer.alloc(0),
    big,
  }),
);
const dl = (token: string, size: number, index: number): Message => ({
  origin: asker,
  clock: 1,
  type: 'DL',
  token,
  size,
  index,
});

describe('DL', () => {
  it.each([
    ['a%20b.txt', 4, 0, '0123'],
    ['a%20b.txt', 4, 2, '89'],
    ['a%20b.txt', 10, 0, '0123456789'],
    ['a%20b.txt', 5, 1, '56789'],
    ['vazio', 256, 0, ''],
    ['vazio', 0, 0, ''],
  ])('%s %d %d', async (token, size, index, text) => {
    const reply = await handlers.reply(dl(token, size, index));
    expect(reply).toEqual({ type: 'FILE', token, size: text.length, index, data: Buffer.from(text) });
  });

  it('gives the whole file and says 0 bytes for part 2 of the assignment', async () => {
    expect(await handlers.reply(dl('a%20b.txt', 0, 0))).toEqual({
      type: 'FILE',
      token: 'a%20b.txt',
      size: 0,
      index: 0,
      data: Buffer.from('0123456789'),
    });
  });

  it('takes the token under which we list a file for that file, whatever else is there', async () => {
    expect(await handlers.reply(dl('c%20d', 256, 0))).toMatchObject({ data: Buffer.from('decoded') });
    expect(await handlers.reply(dl('c%2520d', 256, 0))).toMatchObject({ data: Buffer.from('literal') });
    expect(handlers.chunksOf({ ...dl('c%20d', 1, 0), type: 'DL' } as MessageOf<'DL'>)).toBe(7);
  });

  it.each([
    ['a literal name that needs no escape', '100%.txt', 'percent'],
    ['a literal name, where no file has the decoded one', 'e%20f', 'only literal'],
    ['escapes that we would not have written', '%61%20b.txt', '0123456789'],
    ['a name in base64', Buffer.from('a b.txt').toString('base64'), '0123456789'],
  ])('finds %s', async (_, token, text) => {
    expect(await handlers.reply(dl(token, 256, 0))).toMatchObject({ token, data: Buffer.from(text) });
  });

  it('names the file without the size that came with it, unless that is its name', async () => {
    expect(await handlers.reply(dl('a%20b.txt:600', 0, 0))).toMatchObject({ token: 'a%20b.txt' });
    expect(await handlers.reply(dl('x:600', 0, 0))).toMatchObject({ token: 'x:600' });
  });

  it.each([3 * MAX_NAME_BYTES + 1, 1_000_000])('a token of %i bytes is no name', async (length) => {
    const token = '%41'.repeat(Math.ceil(length / 3));
    const share = shareOf({ [token]: Buffer.from('x'), ['A'.repeat(token.length / 3)]: Buffer.from('y') });
    await expect(
      new Handlers(new Neighbours(() => 'own:1' as Address), share).reply(dl(token, 1, 0)),
    ).rejects.toMatchObject({ code: 'not-found' });
  });

  it('gives large chunks in slices that make up the chunk', async () => {
    const reply = await handlers.reply(dl('big', MAX_CHUNK_BYTES + 1, 0));
    if (reply?.type !== 'FILE' || reply.rest === undefined) throw new Error('expected slices');
    const slices = [reply.data];
    for await (const slice of reply.rest.slices) {
      expect((slices.at(-1)?.length ?? 0) % 3).toBe(0);
      slices.push(slice);
    }
    expect(Buffer.concat(slices)).toEqual(big);
    expect(reply.rest.bytes).toBe(big.length - reply.data.length);
  });

  it.each([
    ['not-found', 'x', 256, 0],
    ['not-found', '../a%20b.txt', 256, 0],
    ['out-of-range', 'a%20b.txt', 4, 3],
    ['out-of-range', 'a%20b.txt', 5, 2],
    ['out-of-range', 'a%20b.txt', 0, 1],
    ['out-of-range', 'vazio', 256, 1],
    ['out-of-range', 'a%20b.txt', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('%s: %s %d %d', async (code, token, size, index) => {
    await expect(handlers.reply(dl(token, size, index))).rejects.toMatchObject({ name: 'FileError', code });
  });
});

describe('lists', () => {
  it('encode names', async () => {
    const reply = await handlers.reply({ origin: asker, clock: 1, type: 'LS' });
    expect(reply).toMatchObject({
      type: 'LS_LIST',
      files: expect.arrayContaining([{ token: 'a%20b.txt', size: 10 }]) as unknown,
    });
  });

  it('of files are encoded once for as long as the share gives the same list', async () => {
    let files = [{ name: 'a b', size: 1 }];
    const listing = new Handlers(new Neighbours(() => 'own:1' as Address), {
      ...shareOf({}),
      list: () => Promise.resolve(files),
    });
    const entries = async () => {
      const reply = await listing.reply({ origin: asker, clock: 1, type: 'LS' });
      return reply?.type === 'LS_LIST' ? reply.files : undefined;
    };
    const first = await entries();
    expect(await entries()).toBe(first);
    files = [{ name: 'a c', size: 1 }];
    expect(await entries()).toEqual([{ token: 'a%20c', size: 1 }]);
  });

  it('leave the requester out', async () => {
    const neighbours = new Neighbours(() => 'own:1' as Address);
    neighbours.observe(asker, 'ONLINE', 4);
    neighbours.observe('127.0.0.1:7' as Address, 'ONLINE', 6);
    const reply = await new Handlers(neighbours, shareOf({})).reply({
      origin: asker,
      clock: 1,
      type: 'GET_PEERS',
    });
    expect(reply).toEqual({
      type: 'PEER_LIST',
      peers: [{ address: '127.0.0.1:7', status: 'ONLINE', clock: 6 }],
    });
  });

  it.each(['HELLO', 'BYE'] as const)('%s asks for nothing', async (type) => {
    expect(await handlers.reply({ origin: asker, clock: 1, type, capabilities: [] })).toBeUndefined();
  });
});
