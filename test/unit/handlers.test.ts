import { describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.ts';
import { Handlers, type Share } from '../../src/handlers.ts';
import { FILE_SLICE_BYTES, MAX_CHUNK_BYTES } from '../../src/limits.ts';
import { Neighbours } from '../../src/neighbours.ts';
import type { Address } from '../../src/protocol/address.ts';
import type { Message } from '../../src/protocol/message.ts';

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
    'c%20d': Buffer.from('exact'),
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

  it('takes an exact name before the decoded one', async () => {
    expect(await handlers.reply(dl('c%20d', 256, 0))).toMatchObject({ data: Buffer.from('exact') });
    expect(await handlers.reply(dl('c%2520d', 256, 0))).toMatchObject({ data: Buffer.from('exact') });
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
