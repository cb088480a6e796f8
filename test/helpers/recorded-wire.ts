import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { AppEvent } from '../../src/events.ts';
import type { Address } from '../../src/protocol/address.ts';
import type { RequestDraft } from '../../src/protocol/message.ts';
import { RawServer } from './raw-server.ts';
import { RawSocket } from './raw-socket.ts';
import type { EventName } from './recording-reporter.ts';
import { TestPeer, type TestPeerOptions } from './test-peer.ts';
import { until } from './until.ts';

/**
 * Exchanges between a real Peer and scripted counterparts, written down as text: the bytes of every connection in both
 * directions, who opened and who closed it, the calls with their outcomes, and the events. The text is compared with a
 * fixture; UPDATE_FIXTURES=1 writes the fixture instead. The format is described in fixtures/wire/README.md.
 */
const FOLDER = fileURLToPath(new URL('../../fixtures/wire/peer/', import.meta.url));
const PATIENCE_MS = 8_000;

/** One connection, seen from its scripted end. */
export class RecordedConnection {
  readonly raw: RawSocket;
  readonly #title: string;
  readonly #entries: { readonly by: 'N' | 'P'; readonly kind: 'bytes' | '.' | '!'; bytes: Buffer }[] = [];

  constructor(raw: RawSocket, title: string) {
    this.raw = raw;
    this.#title = title;
    raw.socket.on('data', (bytes) => this.#add('P', bytes));
    raw.socket.on('end', () => this.#close('P', '.'));
    raw.socket.on('error', () => this.#close('P', '!'));
  }

  write(bytes: string | Buffer): void {
    this.#add('N', Buffer.from(bytes));
    this.raw.write(bytes);
  }

  /** One write for each piece, each in a turn of the loop of its own. */
  async writePieces(...pieces: readonly (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      this.write(piece);
      await turns(3);
    }
  }

  /** Bytes and a FIN. */
  end(bytes: string | Buffer = ''): void {
    if (bytes.length > 0) this.#add('N', Buffer.from(bytes));
    this.#close('N', '.');
    this.raw.end(bytes);
  }

  reset(): void {
    this.#close('N', '!');
    this.raw.reset();
  }

  /** So many lines in all have come. */
  lines(count: number): Promise<unknown> {
    return this.raw.untilLines(count, PATIENCE_MS);
  }

  /** So many bytes in all have come. */
  bytes(count: number): Promise<unknown> {
    return this.raw.untilBytes(count, PATIENCE_MS);
  }

  /** The peer has closed; this side then closes too. */
  async ended(): Promise<void> {
    await this.raw.untilEnd(PATIENCE_MS);
    if (this.raw.ending === 'fin' && !this.#has('N')) this.end();
  }

  get isOpen(): boolean {
    return !this.#has('P') && !this.#entries.some(({ kind }) => kind === '!');
  }

  toString(): string {
    const lines = this.#entries.map(({ by, kind, bytes }) =>
      kind === 'bytes' ? `${by}> ${escaped(bytes)}` : `${by}${kind}`,
    );
    return [`== ${this.#title}`, ...lines, ''].join('\n');
  }

  #has(by: 'N' | 'P'): boolean {
    return this.#entries.some((entry) => entry.by === by && entry.kind !== 'bytes');
  }

  /** How TCP cuts the bytes is no behaviour: those of one side in a row are one entry. */
  #add(by: 'N' | 'P', bytes: Buffer): void {
    const last = this.#entries.at(-1);
    if (last?.by === by && last.kind === 'bytes') last.bytes = Buffer.concat([last.bytes, bytes]);
    else this.#entries.push({ by, kind: 'bytes', bytes });
  }

  #close(by: 'N' | 'P', kind: '.' | '!'): void {
    const isOver = this.#has(by) || this.#entries.some((entry) => entry.kind === '!');
    if (!isOver) this.#entries.push({ by, kind, bytes: Buffer.alloc(0) });
  }
}

/** A scripted neighbour that listens, dials, and says what it is told. */
export class RecordedNeighbour {
  readonly name: string;
  readonly address: Address;
  readonly #stage: Stage;
  readonly #accepted: RecordedConnection[];
  #clock = 0;
  #taken = 0;

  constructor(stage: Stage, name: string, address: Address, accepted: RecordedConnection[]) {
    this.#stage = stage;
    this.name = name;
    this.address = address;
    this.#accepted = accepted;
  }

  /** A message without its end; the clock grows by 1 each time. */
  message(body: string): string {
    this.#clock += 1;
    return `${this.address} ${this.#clock} ${body}`;
  }

  /** The same as a line. */
  line(body: string): string {
    return `${this.message(body)}\n`;
  }

  /** The same with the length in front. */
  prefixed(body: string): Buffer {
    const text = Buffer.from(this.message(body));
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(text.length));
    return Buffer.concat([length, text]);
  }

  /** Opens a connection to the peer. */
  async dial(): Promise<RecordedConnection> {
    return this.#stage.add(await RawSocket.connect(this.#stage.peer.port), `${this.name} dials PEER`);
  }

  /** The next connection that the peer has opened to this neighbour. */
  async accepted(): Promise<RecordedConnection> {
    const number = this.#taken++;
    await until(() => this.#accepted[number] !== undefined, PATIENCE_MS, `connection to ${this.name}`);
    return this.#accepted[number] as RecordedConnection;
  }
}

/** A peer, its counterparts, and what has happened between them. */
export class Stage implements AsyncDisposable {
  readonly peer: TestPeer;
  readonly #names = new Map<string, string>();
  readonly #servers: RawServer[] = [];
  readonly #connections: RecordedConnection[] = [];
  readonly #calls: { readonly what: string; outcome: string }[] = [];

  private constructor(peer: TestPeer) {
    this.peer = peer;
    this.#names.set(peer.address, 'PEER');
  }

  static async open(options: TestPeerOptions): Promise<Stage> {
    return new Stage(await TestPeer.start(options));
  }

  /** A neighbour that listens; they are called N1, N2 and so on. */
  async neighbour(): Promise<RecordedNeighbour> {
    const name = `N${this.#servers.length + 1}`;
    const accepted: RecordedConnection[] = [];
    const server = await RawServer.start((raw) => accepted.push(this.add(raw, `PEER dials ${name}`)));
    this.#servers.push(server);
    this.#names.set(server.address, name);
    return new RecordedNeighbour(this, name, server.address, accepted);
  }

  /** An address where nobody listens. A port that was free a moment ago would not do: it may be given to another peer. */
  nobody(): RecordedNeighbour {
    const address = '127.0.0.1:1' as Address;
    this.#names.set(address, 'NOBODY');
    return new RecordedNeighbour(this, 'NOBODY', address, []);
  }

  add(raw: RawSocket, title: string): RecordedConnection {
    const connection = new RecordedConnection(raw, title);
    this.#connections.push(connection);
    return connection;
  }

  hello(to: RecordedNeighbour): Promise<void> {
    return this.#call(`hello ${to.name}`, () => this.peer.peer.hello(to.address));
  }

  bye(to: RecordedNeighbour): Promise<void> {
    return this.#call(`bye ${to.name}`, () => this.peer.peer.bye(to.address));
  }

  request(to: RecordedNeighbour, draft: RequestDraft): Promise<void> {
    const what = `request ${to.name} ${JSON.stringify(draft)}`;
    return this.#call(what, () => this.peer.peer.request(to.address, draft));
  }

  prepare(to: RecordedNeighbour, chunks: number): Promise<void> {
    return this.#call(`prepare ${to.name} ${chunks}`, () => this.peer.peer.prepare(to.address, { chunks }));
  }

  /** Asks for these chunks at once; resolves when all have their outcome. */
  async chunks(
    to: RecordedNeighbour,
    wanted: { token: string; size: number; chunks: number },
    indices: readonly number[],
  ): Promise<void> {
    const stream = this.peer.peer.chunksFrom(to.address, wanted);
    const { signal } = new AbortController();
    const asked = indices.map((index) =>
      this.#call(
        `chunk ${to.name} ${wanted.token} ${wanted.size} ${index}`,
        () =>
          new Promise((resolve, reject) =>
            stream.ask(index, signal, (outcome) =>
              outcome instanceof Error ? reject(outcome) : resolve(outcome),
            ),
          ),
      ),
    );
    await Promise.all(asked);
  }

  /** Waits for an event, past ones included. */
  async event<N extends EventName>(name: N, count = 1): Promise<void> {
    const have = () => this.peer.reporter.all(name).length >= count;
    await until(have, PATIENCE_MS, () => `${count} × ${name}`);
  }

  /** All of it as text. */
  text(order: ScenarioOptions['order']): string {
    const { reporter, neighbours, peer } = this.peer;
    const known = neighbours.list().map(({ address, status, clock }) => {
      const digests = peer.hasDigests(address) ? ', digests' : '';
      return `${address} ${status} ${clock}, ${peer.requestsAtOnce(address)} at once${digests}`;
    });
    const connections = this.#connections.map(
      (connection) => `${connection.toString()}${connection.isOpen ? '(open)\n' : ''}`,
    );
    const calls = this.#calls.map(({ what, outcome }) => `${what}\n  => ${outcome}`);
    const events = reporter.events.map(eventLine);
    const shownEvents = order === 'pipelined' ? kindByKind(events) : events;
    const sections = [
      ...connections,
      ...(calls.length === 0 ? [] : [['== calls', ...calls, ''].join('\n')]),
      ['== events', ...shownEvents, ''].join('\n'),
      ['== neighbours', ...known, ''].join('\n'),
    ];
    const text = sections
      .join('\n')
      .replace(/127\.0\.0\.1:[0-9]+/g, (address) => this.#names.get(address) ?? address);
    return order === 'pipelined' ? text.replace(/PEER [0-9]+ /g, 'PEER # ') : text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer[Symbol.asyncDispose]();
    for (const { raw } of this.#connections) raw[Symbol.dispose]();
    await Promise.all(this.#servers.map((server) => server.close().catch(() => undefined)));
  }

  async #call(what: string, work: () => Promise<unknown>): Promise<void> {
    const call = { what, outcome: 'none yet' };
    this.#calls.push(call);
    try {
      call.outcome = JSON.stringify((await work()) ?? 'done', sorted);
    } catch (error) {
      const { name, code } = error as { name: string; code?: string };
      call.outcome = `${name} ${code ?? String(error)}`;
    }
  }
}

export interface ScenarioOptions extends TestPeerOptions {
  /**
   * `pipelined`: requests are under way while replies are written, so which comes first, and with it the clocks, is left
   * open. Events are then compared kind by kind.
   */
  readonly order?: 'pipelined' | undefined;
}

/** Runs a scenario and compares what has happened with its fixture. */
export async function compareWithFixture(
  name: string,
  what: string,
  { order, ...options }: ScenarioOptions,
  script: (stage: Stage) => Promise<void>,
): Promise<void> {
  await using stage = await Stage.open(options);
  await script(stage);
  await turns(10);
  const text = `# what: ${what}\n\n${stage.text(order)}`;
  const path = `${FOLDER}${name}.txt`;
  if (process.env.UPDATE_FIXTURES === '1') {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(path, text);
  }
  expect(text).toBe(await readFile(path, 'utf8'));
}

/** What is under way in this process comes to its end. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function escaped(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^ -~]|\\/g, (character) => {
    const named = { '\0': '\\0', '\n': '\\n', '\r': '\\r', '\\': '\\\\' }[character];
    return named ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Messages are named by the fields that they promise, whatever else the object has. */
function eventLine(event: AppEvent): string {
  const { event: name, ...others } = event;
  const fields =
    event.event === 'message-sent'
      ? pick(event, ['to', 'type', 'args', 'clock', 'reply', 'chunks'])
      : event.event === 'message-received'
        ? pick(event, ['from', 'type', 'args', 'clock', 'clockAfter', 'reply', 'chunks'])
        : others;
  return `${name} ${JSON.stringify(fields, sorted)}`;
}

/** Those of each kind in their order, without our clock. */
function kindByKind(events: readonly string[]): string[] {
  const kind = (line: string) =>
    line.slice(0, line.indexOf(' ')) + (line.includes('"reply":true') ? ' reply' : '');
  const withoutClock = (line: string) =>
    line.startsWith('message-sent')
      ? line.replace(/"clock":[0-9]+,/, '')
      : line.replace(/"clockAfter":[0-9]+,/, '');
  return events
    .filter((line) => !line.startsWith('clock-updated'))
    .map((line) => ({ kind: kind(line), line: withoutClock(line) }))
    .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0))
    .map(({ line }) => line);
}

function pick<T extends object>(from: T, keys: readonly (keyof T)[]): object {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}

/** Keys in their order, bytes in base64. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('type' in value && value.type === 'Buffer' && 'data' in value) {
    return Buffer.from(value.data as number[]).toString('base64');
  }
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
