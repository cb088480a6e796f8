import { encodeName } from '../../src/protocol/names.ts';
import { RawSocket } from './raw-socket.ts';

/** The client of a session, byte by byte: what it asks is written as it stands, what comes back is kept. */
export class SessionClient implements Disposable {
  readonly origin: string;
  readonly connection: RawSocket;
  #clock = 1;
  /** Answers that were taken; the first one is that to HELLO. */
  #taken = 1;

  private constructor(connection: RawSocket, origin: string) {
    this.connection = connection;
    this.origin = origin;
  }

  /** Resolves once the session is granted. */
  static async open(port: number, origin = '127.0.0.1:9'): Promise<SessionClient> {
    const connection = await RawSocket.connect(port);
    connection.write(`${origin} 1 HELLO sessao\n`);
    await connection.untilLines(1);
    return new SessionClient(connection, origin);
  }

  /** The whole answer to HELLO, without origin and clock. */
  async greeting(): Promise<string> {
    const [line = ''] = await this.connection.untilLines(1);
    return bodyOf(line);
  }

  /** Types and arguments of requests that go out in one write. */
  say(...bodies: readonly string[]): void {
    this.connection.write(bodies.map((body) => `${this.origin} ${++this.#clock} ${body}\n`).join(''));
  }

  /** The next answers, without origin and clock. */
  async take(count: number, ms?: number): Promise<string[]> {
    const lines = await this.connection.untilLines(this.#taken + count, ms);
    const taken = lines.slice(this.#taken).map(bodyOf);
    this.#taken += count;
    return taken;
  }

  /** Asks all that in one write and takes as many answers. */
  async ask(...bodies: readonly string[]): Promise<string[]> {
    this.say(...bodies);
    return this.take(bodies.length);
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }
}

/** What stands behind origin and clock. */
function bodyOf(line: string): string {
  return line.split(' ').slice(2).join(' ');
}

/** The body of the FILE that answers `DL <name> <size> <index>`. */
export function fileBody(name: string, data: Buffer, size: number, index: number): string {
  const chunk = data.subarray(index * size, (index + 1) * size);
  return `FILE ${encodeName(name)} ${chunk.length} ${index} ${chunk.toString('base64')}`;
}
