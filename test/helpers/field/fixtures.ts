import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Message } from '../../../src/protocol/message.ts';

/** Exchanges of `fixtures/wire`; its README tells the format. */
const FOLDER = join(import.meta.dirname, '../../../fixtures/wire');

/** What a reader and the decoder make of some of the bytes: a message, or the code of an error. */
export interface Expected {
  /** Where the message arrives in several payloads. */
  readonly payloads: readonly string[];
  readonly message?: Message;
  readonly error?: string;
}

/** All that one side writes on one connection. */
export interface WireStream {
  /** From 1, in the order of the file. */
  readonly connection: number;
  /** C asks, S answers. */
  readonly writer: 'C' | 'S';
  readonly bytes: Buffer;
  readonly expected: readonly Expected[];
}

export interface WireFixture {
  readonly name: string;
  readonly dialect: string;
  readonly type: string;
  readonly what: string;
  readonly streams: readonly WireStream[];
}

const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r', '\\': '\\' };

function unescape(text: string): Buffer {
  const parts = text.split(/(\\(?:x[0-9a-f]{2}|.))/);
  return Buffer.concat(
    parts.map((part) => {
      if (!part.startsWith('\\')) return Buffer.from(part);
      if (part.length === 4) return Buffer.from(part.slice(2), 'hex');
      const byte = ESCAPES[part.slice(1)];
      if (byte === undefined) throw new Error(`unknown escape ${part}`);
      return Buffer.from(byte);
    }),
  );
}

function parseMessage(json: string): Message {
  return JSON.parse(json, (key, value: unknown) =>
    key === 'data' ? Buffer.from(String(value), 'base64') : value,
  ) as Message;
}

class Stream implements WireStream {
  readonly connection: number;
  readonly writer: 'C' | 'S';
  readonly expected: Expected[] = [];
  bytes: Buffer = Buffer.alloc(0);

  constructor(connection: number, writer: 'C' | 'S') {
    this.connection = connection;
    this.writer = writer;
  }
}

/** Reads one exchange from its text. */
export function parseFixture(name: string, text: string): WireFixture {
  const header = (key: string) => new RegExp(`^# ${key}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const streams: Stream[] = [];
  let connection = 1;
  let payloads: string[] = [];
  let last: Stream | undefined;
  const expect = (line: string, expected: Omit<Expected, 'payloads'>) => {
    if (last === undefined) throw new Error(`${name}: nothing was written before ${line}`);
    last.expected.push({ payloads, ...expected });
    payloads = [];
  };
  for (const line of text.split('\n')) {
    const mark = line.slice(0, 2);
    const rest = line.slice(3);
    if (line === '---') connection += 1;
    else if (mark === 'C>' || mark === 'S<') {
      const writer = mark === 'C>' ? 'C' : 'S';
      last = streams.find((stream) => stream.connection === connection && stream.writer === writer);
      if (last === undefined) streams.push((last = new Stream(connection, writer)));
      last.bytes = Buffer.concat([last.bytes, unescape(rest)]);
    } else if (mark === ': ') payloads.push(unescape(line.slice(2)).toString());
    else if (mark === '= ') expect(line, { message: parseMessage(line.slice(2)) });
    else if (mark === '! ') expect(line, { error: line.slice(2) });
    else if (line !== '' && line !== 'C.' && line !== 'S.' && mark !== '# ')
      throw new Error(`${name}: ${line}`);
  }
  return { name, dialect: header('dialect'), type: header('type'), what: header('what'), streams };
}

/** Every exchange, by name. */
export function loadFixtures(): WireFixture[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));
  return files
    .sort()
    .map((file) => parseFixture(basename(file, '.txt'), readFileSync(join(FOLDER, file), 'utf8')));
}
