import { randomBytes } from 'node:crypto';
import type { Address } from '../../src/protocol/address.ts';
import { decode } from '../../src/protocol/decode.ts';
import { DEFAULT_DIALECT } from '../../src/protocol/dialect.ts';
import { MAX_REPLY_BYTES } from '../../src/limits.ts';
import { LineBuffer } from '../../src/protocol/line-buffer.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Message } from '../../src/protocol/message.ts';
import { rate, type Row } from './measure.ts';

const MIB = 1024 * 1024;

/** The messages of a row differ as those of a download do. */
const DIFFERENT = 64;

function stamp(index: number): { readonly origin: Address; readonly clock: number } {
  return { origin: '127.0.0.1:9003' as Address, clock: 10_000 + index };
}

function filesOf(bytes: number): { readonly message: Message; readonly data: Buffer }[] {
  return Array.from({ length: DIFFERENT }, (_, index) => {
    const data = randomBytes(bytes);
    const message = {
      ...stamp(index),
      type: 'FILE',
      token: 'milbytes.txt',
      size: bytes,
      index,
      data,
    } as const;
    return { message, data };
  });
}

function chunkRequests(): Message[] {
  return Array.from({ length: DIFFERENT }, (_, index) => {
    return { ...stamp(index), type: 'DL', token: 'milbytes.txt', size: 256, index } as const;
  });
}

/** How often a second `work` is done, by turns on each of them. */
function each<T>(items: readonly T[], work: (item: T) => unknown): number {
  return rate(() => items.forEach(work)) * items.length;
}

/** Encoding and decoding of FILE beside bare base64 of the same bytes, in MiB of file content a second. */
function benchFile(bytes: number): Row[] {
  const files = filesOf(bytes);
  const lines = files.map(({ message }) => encode(message, DEFAULT_DIALECT));
  const texts = files.map(({ data }) => data.toString('base64'));
  const bareEncode = each(files, ({ data }) => Buffer.from(data.toString('base64'), 'latin1'));
  const bareDecode = each(texts, (text) => Buffer.from(text, 'base64'));
  const encoding = each(files, ({ message }) => encode(message, DEFAULT_DIALECT));
  const decoding = each(lines, (line) => new LineBuffer(MAX_REPLY_BYTES).push(line).map(decode));
  const row = (what: string, speed: number, bare: number): Row => ({
    what: `${what} FILE of ${bytes} bytes`,
    figure: `${((speed * bytes) / MIB).toFixed(0)} MiB/s, ${nanoseconds(speed)}`,
    ratio: `${(speed / bare).toFixed(2)} × bare base64`,
  });
  return [row('encode', encoding, bareEncode), row('read and decode', decoding, bareDecode)];
}

/** The same of DL, beside a bare copy of its bytes. */
function benchDl(): Row[] {
  const messages = chunkRequests();
  const lines = messages.map((message) => encode(message, DEFAULT_DIALECT));
  const texts = lines.map((line) => line.toString('latin1'));
  const bareEncode = each(texts, (text) => Buffer.from(text, 'latin1'));
  const bareDecode = each(lines, (line) => line.toString('latin1'));
  const encoding = each(messages, (message) => encode(message, DEFAULT_DIALECT));
  const decoding = each(lines, (line) => new LineBuffer(MAX_REPLY_BYTES).push(line).map(decode));
  const row = (what: string, speed: number, bare: number): Row => ({
    what: `${what} DL`,
    figure: nanoseconds(speed),
    ratio: `${(speed / bare).toFixed(2)} × bare copy`,
  });
  return [row('encode', encoding, bareEncode), row('read and decode', decoding, bareDecode)];
}

/** Lines told apart in what a socket reads at a time. */
function benchLines(): Row {
  const lines = filesOf(256).map(({ message }) => encode(message, DEFAULT_DIALECT));
  const read = Buffer.concat(lines).subarray(0, 64 * 1024);
  const count = new LineBuffer(MAX_REPLY_BYTES).push(read).length;
  return {
    what: 'lines of FILE of 256 bytes',
    figure: nanoseconds(rate(() => new LineBuffer(MAX_REPLY_BYTES).push(read)) * count),
  };
}

function nanoseconds(perSecond: number): string {
  return `${(1e9 / perSecond).toFixed(0)} ns`;
}

/** What it costs to put messages into bytes and to read them, by size. */
export function benchCodec(): Row[] {
  return [...benchFile(256), ...benchFile(65_536), ...benchDl(), benchLines()];
}
