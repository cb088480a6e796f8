import type { MessageOf } from '../../src/protocol/message.ts';
import { chunkBody, type KeepingNeighbour } from './keeping-neighbour.ts';
import type { RawSocket } from './raw-socket.ts';
import { startSessionNeighbour, type SessionScript } from './session-neighbour.ts';

/** What becomes of a download that has nothing else: the file, one that nobody vouches for, or an error. */
export type Outcome = 'right' | 'unproven' | 'no-sources' | 'digest-mismatch';

/** A way of not being a good source in a session. `honest` is how many chunks come as they should before that. */
export interface Lie {
  readonly what: string;
  /** Of a download from it alone, if some chunks are honest; undefined where that takes too long to see. */
  readonly alone: Outcome | undefined;
  /** Whether its bytes pass for right, so that even with an honest source beside it the whole can be wrong. */
  readonly isBelieved?: boolean;
  readonly script: (data: Buffer, honest: number) => Omit<SessionScript, 'data' | 'name'>;
}

type OnDl = (request: MessageOf<'DL'>, connection: RawSocket, self: KeepingNeighbour, data: Buffer) => void;

/** Does `act` in place of an answer, once so many chunks have come as they should. */
function instead(what: string, act: OnDl, alone: Outcome | undefined = 'no-sources'): Lie {
  const script: Lie['script'] = (data, honest) => ({
    onChunk: (request, connection, self) => {
      if (self.count('DL') <= honest) return false;
      act(request, connection, self, data);
      return true;
    },
  });
  return { what, alone, script };
}

/** One whose answers have other bytes than the file. */
function corrupting(what: string, alone: Outcome, offers: string): Lie {
  const script: Lie['script'] = (data, honest) => {
    const spoilt = Buffer.from(data.map((byte) => byte ^ 0xff));
    return {
      offers,
      onChunk: (request, connection, self) => {
        if (self.count('DL') <= honest) return false;
        self.say(connection, chunkBody(spoilt, request));
        return true;
      },
    };
  };
  return { what, alone, script, isBelieved: alone === 'digest-mismatch' };
}

/** More often than anything times out: bytes that come are no answer. */
const TRICKLE_MS = 100;

/** A byte at a time, until the connection is gone. */
function trickle(connection: RawSocket, bytes: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (connection.closed || at === bytes.length) clearInterval(timer);
    else connection.write(bytes.slice(at, ++at));
  }, TRICKLE_MS);
  timer.unref();
}

const body = (request: MessageOf<'DL'>, length: number, base64: string) =>
  `FILE ${request.token} ${length} ${request.index} ${base64}`;

const chunkOf = (data: Buffer, { size, index }: MessageOf<'DL'>) =>
  data.subarray(index * size, (index + 1) * size);

/** Sources that misbehave in a session, each in a way of its own. */
export const LIES: readonly Lie[] = [
  instead('falls silent', () => undefined),
  instead('closes', (_, connection) => connection.end()),
  instead('resets', (_, connection) => connection.reset()),
  instead('sends half a line, and then nothing', (request, connection, self) =>
    connection.write(`${self.address} 9 FILE ${request.token} 10`),
  ),
  instead('ends in the middle of a line', (request, connection, self, data) => {
    const line = chunkBody(data, request);
    connection.end(`${self.address} 9 ${line.slice(0, line.length / 2)}`);
  }),
  instead('sends a byte now and then', (request, connection, self, data) =>
    trickle(connection, `${self.address} 9 ${chunkBody(data, request)}\n`),
  ),
  instead('refuses', ({ token, size, index }, connection, self) =>
    self.say(connection, `ERROR DL read-failed ${token} ${size} ${index}`),
  ),
  instead('is busy for ever', ({ token, size, index }, connection, self) =>
    self.say(connection, `ERROR DL busy ${token} ${size} ${index}`),
  ),
  instead('answers the next chunk', (request, connection, self, data) =>
    self.say(connection, chunkBody(data, { ...request, index: request.index + 1 })),
  ),
  {
    ...instead('answers in another order', (request, connection, self, data) => {
      // Of each pair the second one first.
      const pair = [request.index, request.index - 1];
      if (self.count('DL') % 2 === 0)
        self.say(connection, ...pair.map((index) => chunkBody(data, { ...request, index })));
    }),
    alone: undefined,
  },
  instead(
    'says everything twice',
    (request, connection, self, data) =>
      self.say(connection, chunkBody(data, request), chunkBody(data, request)),
    'right',
  ),
  instead(
    'lies about the size, not in the bytes',
    (request, connection, self, data) =>
      self.say(connection, body(request, 7, chunkOf(data, request).toString('base64'))),
    'right',
  ),
  instead('sends a byte less', (request, connection, self, data) => {
    const chunk = chunkOf(data, request);
    self.say(connection, body(request, chunk.length, chunk.subarray(1).toString('base64')));
  }),
  instead('sends a byte more', (request, connection, self, data) => {
    const chunk = chunkOf(data, request);
    self.say(
      connection,
      body(request, chunk.length, Buffer.concat([chunk, chunk.subarray(0, 1)]).toString('base64')),
    );
  }),
  instead('sends no bytes', (request, connection, self) => self.say(connection, body(request, 0, ''))),
  instead('sends what is no base64', (request, connection, self, data) =>
    self.say(
      connection,
      body(request, request.size, `*${chunkOf(data, request).toString('base64').slice(1)}`),
    ),
  ),
  instead('sends another file', (request, connection, self, data) =>
    self.say(connection, chunkBody(data, { ...request, token: 'g' })),
  ),
  instead('says what nobody asked', (_, connection, self) => self.say(connection, 'LS_LIST 0')),
  instead('sends noise', (_, connection) => connection.write(Buffer.from('\xff\xfe\x00\x80\n', 'latin1'))),
  corrupting('sends other bytes, and tells no digest', 'unproven', 'sessao'),
  corrupting('sends other bytes, and tells the right digest', 'digest-mismatch', 'sessao sha256'),
];

/** A source of the file `f` that lies so. */
export function startLying(lie: Lie, data: Buffer, honest: number): Promise<KeepingNeighbour> {
  return startSessionNeighbour({ data, ...lie.script(data, honest) });
}
