import { decode } from '../../src/protocol/decode.ts';
import type { Address } from '../../src/protocol/address.ts';
import { LineBuffer } from '../../src/protocol/line-buffer.ts';
import type { Message, MessageOf } from '../../src/protocol/message.ts';
import { RawServer } from './raw-server.ts';
import type { RawSocket } from './raw-socket.ts';

/** Reacts to a message in whatever way; `say` is there for answers. */
export type React = (message: Message, connection: RawSocket, neighbour: KeepingNeighbour) => void;

const LONGEST_LINE_BYTES = 64 * 1024 * 1024;

/** The type and arguments of the honest answer to a DL. */
export function chunkBody(data: Buffer, { token, size, index }: MessageOf<'DL'>): string {
  const chunk = data.subarray(index * size, (index + 1) * size);
  return `FILE ${token} ${chunk.length} ${index} ${chunk.toString('base64')}`;
}

/** The bytes that a GET asks for. */
export function blockOf(data: Buffer, { offset, length }: MessageOf<'GET'>): Buffer {
  return data.subarray(offset, offset + length);
}

/** A neighbour that keeps its connections until the other side closes, and reacts to every message as a test says. */
export class KeepingNeighbour implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly #react: React;
  #server: RawServer | undefined;
  #clock = 0;

  private constructor(react: React) {
    this.#react = react;
  }

  static async start(react: React): Promise<KeepingNeighbour> {
    const neighbour = new KeepingNeighbour(react);
    neighbour.#server = await RawServer.start((connection) => neighbour.#read(connection));
    return neighbour;
  }

  get address(): Address {
    return this.server.address;
  }

  get server(): RawServer {
    if (this.#server === undefined) throw new Error('not started');
    return this.#server;
  }

  /** How many messages of that type have come. */
  count(type: Message['type']): number {
    return this.messages.filter((message) => message.type === type).length;
  }

  /** Types and arguments of messages that go out in one write. */
  say(connection: RawSocket, ...bodies: readonly string[]): void {
    connection.write(bodies.map((body) => `${this.address} ${++this.#clock} ${body}\n`).join(''));
  }

  /** The head of a block, and these bytes behind it. */
  sayBlock(
    connection: RawSocket,
    { token, offset, length }: Pick<MessageOf<'GET'>, 'token' | 'offset' | 'length'>,
    bytes: Buffer,
  ): void {
    const head = `${this.address} ${++this.#clock} DATA ${token} ${offset} ${length}\n`;
    connection.write(Buffer.concat([Buffer.from(head), bytes]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }

  #read(connection: RawSocket): void {
    const lines = new LineBuffer(LONGEST_LINE_BYTES);
    connection.socket.on('data', (bytes: Buffer) => {
      for (const line of lines.push(bytes)) {
        const message = decode(line);
        this.messages.push(message);
        this.#react(message, connection, this);
      }
    });
    connection.socket.on('end', () => connection.end());
  }
}
