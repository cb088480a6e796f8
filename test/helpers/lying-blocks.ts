import type { MessageOf } from '../../src/protocol/message.ts';
import { blockOf, type KeepingNeighbour } from './keeping-neighbour.ts';
import type { RawSocket } from './raw-socket.ts';
import { startSessionNeighbour } from './session-neighbour.ts';

type Act = (request: MessageOf<'GET'>, connection: RawSocket, self: KeepingNeighbour, data: Buffer) => void;

/** A way of not being a good source of blocks; the first block comes as it should. */
export interface BlockLie {
  readonly what: string;
  readonly act: Act;
  /** Its bytes pass for right: with a digest told, only the whole shows it. */
  readonly isBelieved?: boolean;
}

/** More often than anything times out. */
const TRICKLE_MS = 100;

/** Sources that misbehave in their blocks, each in a way of its own. */
export const BLOCK_LIES: readonly BlockLie[] = [
  { what: 'falls silent', act: () => undefined },
  { what: 'closes', act: (_, connection) => connection.end() },
  { what: 'resets', act: (_, connection) => connection.reset() },
  {
    what: 'falls silent within a block',
    act: (request, connection, self, data) =>
      self.sayBlock(connection, request, blockOf(data, request).subarray(0, request.length / 2)),
  },
  {
    what: 'closes within a block',
    act: (request, connection, self, data) => {
      self.sayBlock(connection, request, blockOf(data, request).subarray(0, request.length - 1));
      connection.end();
    },
  },
  {
    what: 'resets within a block',
    act: (request, connection, self, data) => {
      self.sayBlock(connection, request, blockOf(data, request).subarray(0, request.length - 1));
      connection.reset();
    },
  },
  {
    what: 'sends a byte of a block now and then',
    act: (request, connection, self, data) => {
      const bytes = blockOf(data, request);
      let at = 0;
      self.sayBlock(connection, request, Buffer.alloc(0));
      const timer = setInterval(() => {
        if (connection.closed || at === bytes.length) clearInterval(timer);
        else connection.write(bytes.subarray(at, ++at));
      }, TRICKLE_MS);
      timer.unref();
    },
  },
  {
    what: 'refuses',
    act: ({ token, offset, length }, connection, self) =>
      self.say(connection, `ERROR GET read-failed ${token} ${offset} ${length}`),
  },
  {
    what: 'is busy for ever',
    act: ({ token, offset, length }, connection, self) =>
      self.say(connection, `ERROR GET busy ${token} ${offset} ${length}`),
  },
  {
    what: 'begins elsewhere',
    act: (request, connection, self, data) =>
      self.sayBlock(connection, { ...request, offset: request.offset + 1 }, blockOf(data, request)),
  },
  {
    what: 'sends a shorter block than was asked for',
    act: (request, connection, self, data) =>
      self.sayBlock(
        connection,
        { ...request, length: request.length - 1 },
        blockOf(data, request).subarray(1),
      ),
  },
  {
    what: 'sends a longer block than was asked for',
    act: (request, connection, self, data) =>
      self.sayBlock(
        connection,
        { ...request, length: request.length + 1 },
        Buffer.concat([blockOf(data, request), Buffer.alloc(1)]),
      ),
  },
  {
    what: 'announces more than any block has',
    act: (request, connection, self, data) =>
      self.sayBlock(connection, { ...request, length: 2 ** 53 - 1 }, blockOf(data, request)),
  },
  {
    what: 'announces nothing',
    act: (request, connection, self) => self.sayBlock(connection, { ...request, length: 0 }, Buffer.alloc(0)),
  },
  {
    what: 'sends a byte more than it announced',
    act: (request, connection, self, data) =>
      self.sayBlock(connection, request, Buffer.concat([blockOf(data, request), Buffer.from('x')])),
  },
  {
    what: 'says everything twice',
    act: (request, connection, self, data) => {
      self.sayBlock(connection, request, blockOf(data, request));
      self.sayBlock(connection, request, blockOf(data, request));
    },
  },
  {
    what: 'sends another file',
    act: (request, connection, self, data) =>
      self.sayBlock(connection, { ...request, token: 'g' }, blockOf(data, request)),
  },
  {
    what: 'answers with a chunk',
    act: ({ token }, connection, self) => self.say(connection, `FILE ${token} 3 0 AAAA`),
  },
  {
    what: 'sends noise',
    act: (_, connection) => connection.write(Buffer.from('\xff\xfe\x00\x80\n', 'latin1')),
  },
  {
    what: 'sends other bytes, and tells the right digest',
    isBelieved: true,
    act: (request, connection, self, data) =>
      self.sayBlock(connection, request, Buffer.from(blockOf(data, request).map((byte) => byte ^ 0xff))),
  },
];

/** A source of the file `f` that lies so from its second block on. */
export function startLyingBlocks({ act }: BlockLie, data: Buffer): Promise<KeepingNeighbour> {
  return startSessionNeighbour({
    data,
    offers: 'sessao sha256 blocos',
    onBlock: (request, connection, self) => {
      if (self.count('GET') <= 1) return false;
      act(request, connection, self, data);
      return true;
    },
  });
}
