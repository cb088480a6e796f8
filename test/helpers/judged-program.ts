import net from 'node:net';

interface Neighbour {
  status: string;
  clock: number;
}

/** What a request says, cut at single spaces. */
export interface Request {
  readonly origin: string;
  readonly clock: number;
  readonly type: string;
  readonly args: readonly string[];
}

/** Each step of a program without mistakes; a mutant does one of them otherwise. */
export interface Steps {
  readonly receive: (own: number, told: number, type: string) => number;
  readonly send: (own: number) => number;
  readonly origin: (own: string, socket: net.Socket) => string;
  readonly clockText: (clock: number) => string;
  /** Who has sent that, if he is to be remembered. */
  readonly learn: (request: Request) => string | undefined;
  readonly status: (request: Request) => string;
  readonly told: (neighbour: Neighbour) => string;
  readonly peers: (entries: readonly string[], all: readonly string[], own: string) => readonly string[];
  readonly files: (entries: readonly string[]) => readonly string[];
  readonly count: (entries: number) => number;
  /** Undefined where there is no such file, or no such chunk. */
  readonly chunk: (data: Buffer, size: number, index: number) => Buffer | undefined;
  readonly base64: (data: Buffer) => string;
  readonly file: (
    name: string,
    size: number,
    index: number,
    data: Buffer,
    asked: number,
  ) => readonly (string | number)[];
  readonly answer: (type: string) => string | undefined;
  readonly line: (text: string, type: string) => string;
  /** What becomes of something that is no message: an exception closes the connection, or ends the program. */
  readonly garbage: (text: string) => 'closes' | 'dies' | 'hangs';
  /** A whole request may be taken from what has come so far. */
  readonly isWhole: (text: string) => boolean;
  readonly missing: () => string | undefined;
  /** What is sent for bytes that are not there. */
  readonly absent: () => Buffer | undefined;
  /** Whether it takes one more connection while so many are open. */
  readonly serves: (open: number) => boolean;
}

const RIGHT: Steps = {
  receive: (own, told) => Math.max(own, told) + 1,
  send: (own) => own + 1,
  origin: (own) => own,
  clockText: String,
  learn: ({ origin }) => origin,
  status: ({ type }) => (type === 'BYE' ? 'OFFLINE' : 'ONLINE'),
  told: ({ status, clock }) => `${status}:${clock}`,
  peers: (entries) => entries,
  files: (entries) => entries,
  count: (entries) => entries,
  chunk: (data, size, index) =>
    index * size < data.length ? data.subarray(index * size, (index + 1) * size) : undefined,
  base64: (data) => data.toString('base64'),
  file: (name, size, index, data) => [name, size === 0 ? 0 : data.length, index],
  answer: (type) => ({ GET_PEERS: 'PEER_LIST', LS: 'LS_LIST', DL: 'FILE' })[type],
  line: (text) => `${text}\n`,
  garbage: () => 'closes',
  isWhole: (text) => text.includes('\n'),
  missing: () => undefined,
  absent: () => undefined,
  serves: () => true,
};

/** Longer than any request: what never ends is given up. */
const MOST_CHARACTERS = 2_000;

export interface JudgedOptions {
  readonly files?: Readonly<Record<string, Buffer>>;
  readonly steps?: Partial<Steps>;
  /** Asked at each request whether it is the last one: the process ends in place of an answer. */
  readonly diesAfter?: () => boolean;
}

/** A small peer as a student writes it, one line a request, with at most one mistake in it. */
export class JudgedProgram implements AsyncDisposable {
  address = '';
  readonly requests: Request[] = [];
  #clock = 0;
  #isDead = false;
  readonly #steps: Steps;
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #neighbours = new Map<string, Neighbour>([['127.0.0.1:9', { status: 'OFFLINE', clock: 0 }]]);
  readonly #sockets = new Set<net.Socket>();
  readonly #server: net.Server;
  readonly #diesAfter: () => boolean;

  private constructor({ files = {}, steps = {}, diesAfter = () => false }: JudgedOptions) {
    this.#diesAfter = diesAfter;
    this.#steps = { ...RIGHT, ...steps };
    this.#files = new Map(Object.entries(files));
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  static async start(options: JudgedOptions): Promise<JudgedProgram> {
    const program = new JudgedProgram(options);
    await new Promise<void>((resolve) => program.#server.listen(0, '127.0.0.1', resolve));
    const { port } = program.#server.address() as net.AddressInfo;
    program.address = `127.0.0.1:${port}`;
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  #stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#isDead) return Promise.resolve();
    this.#isDead = true;
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: net.Socket): void {
    if (!this.#steps.serves(this.#sockets.size)) return void socket.destroy();
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    let isOver = false;
    const look = (isEnd: boolean) => {
      if (isOver || !(isEnd || this.#steps.isWhole(text) || text.length > MOST_CHARACTERS)) return;
      isOver = true;
      this.#take(text, socket);
    };
    socket.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      look(false);
    });
    socket.on('end', () => look(true));
  }

  #take(came: string, socket: net.Socket): void {
    if (came === '') return void socket.end();
    const [origin = '', clock = '', type = '', ...args] = came.replace(/\n$/, '').split(' ');
    const isMessage = /^\S+:\d+$/.test(origin) && /^\d+$/.test(clock);
    if (!isMessage || !/^(HELLO|GET_PEERS|LS|DL|BYE)$/.test(type)) return void this.#refuse(came, socket);
    const request = { origin, clock: Number(clock), type, args };
    if (type === 'DL' && args.length !== 3) return void this.#refuse(came, socket);
    this.requests.push(request);
    if (this.#diesAfter()) return void this.#stop();
    const { receive, learn, status } = this.#steps;
    this.#clock = receive(this.#clock, request.clock, type);
    const name = learn(request);
    if (name !== undefined) this.#neighbours.set(name, { status: status(request), clock: request.clock });
    const reply = this.#reply(request);
    if (reply === undefined) return void socket.end();
    this.#clock = this.#steps.send(this.#clock);
    const head = [this.#steps.origin(this.address, socket), this.#steps.clockText(this.#clock)];
    const text = [...head, ...reply].filter((token) => token !== '').join(' ');
    socket.end(this.#steps.line(text, String(reply[0])));
  }

  #refuse(text: string, socket: net.Socket): void {
    const how = this.#steps.garbage(text);
    if (how === 'dies') void this.#stop();
    else if (how === 'closes') socket.end();
  }

  #reply({ origin, type, args }: Request): readonly (string | number)[] | undefined {
    const steps = this.#steps;
    const word = steps.answer(type);
    if (word === undefined) return undefined;
    if (type === 'GET_PEERS') {
      const all = [...this.#neighbours].map(([address, neighbour]) => `${address}:${steps.told(neighbour)}`);
      const entries = steps.peers(
        all.filter((entry) => !entry.startsWith(`${origin}:`)),
        all,
        this.address,
      );
      return [word, steps.count(entries.length), ...entries];
    }
    if (type === 'LS') {
      const entries = steps.files([...this.#files].map(([name, data]) => `${name}:${data.length}`));
      return [word, steps.count(entries.length), ...entries];
    }
    if (type !== 'DL') return [word];
    const [name = '', sizeText, indexText] = args;
    const [size, index] = [Number(sizeText), Number(indexText)];
    const whole = this.#files.get(name);
    const data = (size === 0 ? whole : whole && steps.chunk(whole, size, index)) ?? steps.absent();
    if (data === undefined) {
      const missing = steps.missing();
      return missing === undefined ? undefined : [word, name, size, index, missing];
    }
    return [word, ...steps.file(name, size, index, data, size), steps.base64(data)];
  }
}
