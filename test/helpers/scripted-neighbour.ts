import { decode } from '../../src/protocol/decode.ts';
import type { Address } from '../../src/protocol/address.ts';
import type { Message, MessageOf } from '../../src/protocol/message.ts';
import { RawServer } from './raw-server.ts';
import type { RawSocket } from './raw-socket.ts';

/** What to do about a request: say this line and close, or something that no honest neighbour does. */
export type Reaction =
  | { readonly say: string }
  | { readonly sayBytes: Buffer }
  | 'close'
  | 'reset'
  | 'silence'
  | ((connection: RawSocket) => void);

/** The type and arguments of a message, to be said by a scripted neighbour. */
export function say(body: string): Reaction {
  return { say: body };
}

/** The honest answer to a DL. */
export function sayChunk(data: Buffer, { token, size, index }: MessageOf<'DL'>): Reaction {
  const chunk = data.subarray(index * size, (index + 1) * size);
  return say(`FILE ${token} ${chunk.length} ${index} ${chunk.toString('base64')}`);
}

/** A neighbour that reacts to every request but HELLO as a test says; it reads one request per connection. */
export class ScriptedNeighbour implements AsyncDisposable {
  readonly requests: Message[] = [];
  readonly #react: (request: Message, number: number) => Reaction;
  #server: RawServer | undefined;
  #clock = 0;

  private constructor(react: (request: Message, number: number) => Reaction) {
    this.#react = react;
  }

  static async start(react: (request: Message, number: number) => Reaction): Promise<ScriptedNeighbour> {
    const neighbour = new ScriptedNeighbour(react);
    neighbour.#server = await RawServer.start((connection) => void neighbour.#serve(connection));
    return neighbour;
  }

  get address(): Address {
    if (this.#server === undefined) throw new Error('not started');
    return this.#server.address;
  }

  get server(): RawServer {
    if (this.#server === undefined) throw new Error('not started');
    return this.#server;
  }

  /** How many requests of that type have come. */
  count(type: Message['type']): number {
    return this.requests.filter((request) => request.type === type).length;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(connection: RawSocket): Promise<void> {
    const line = await connection.untilLines(1).then(
      ([first = '']) => first,
      () => undefined,
    );
    if (line === undefined) return;
    const request = decode(Buffer.from(line));
    // HELLO needs no answer; whoever looks for a session finds none here.
    if (request.type === 'HELLO') return connection.end();
    this.requests.push(request);
    const reaction = this.#react(request, this.requests.length - 1);
    if (typeof reaction === 'function') reaction(connection);
    else if (reaction === 'close') connection.end();
    else if (reaction === 'reset') connection.reset();
    else if (reaction !== 'silence') connection.end(this.#bytes(reaction));
  }

  #bytes(reaction: Extract<Reaction, object>): string | Buffer {
    if (typeof reaction === 'object' && 'sayBytes' in reaction) return reaction.sayBytes;
    this.#clock += 1;
    return 'say' in reaction ? `${this.address} ${this.#clock} ${reaction.say}\n` : '';
  }
}
