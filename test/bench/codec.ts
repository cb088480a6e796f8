import { randomBytes } from 'node:crypto';
import type { Address } from '../../src/protocol/address.ts';
import { decode } from '../../src/protocol/decode.ts';
import { DEFAULT_DIALECT } from '../../src/protocol/dialect.ts';
import { replyReader } from '../../src/protocol/frame-reader.ts';
import { encode } from '../../src/protocol/encode.ts';
import type { Message } from '../../src/protocol/message.ts';
import { rate, type Row } from './measure.ts';

const MIB = 1024 * 1024;

function fileOf(bytes: number): Message {
  const stamp = { origin: '127.0.0.1:9003' as Address, clock: 23 };
  return { ...stamp, type: 'FILE', token: 'milbytes.txt', size: bytes, index: 3, data: randomBytes(bytes) };
}

/** Encoding and decoding of FILE beside bare base64 of the same bytes, in MiB of file content a second. */
export function benchCodec(): Row[] {
  return [256, 65_536].flatMap((bytes) => {
    const message = fileOf(bytes);
    const data = message.type === 'FILE' ? message.data : Buffer.alloc(0);
    const line = encode(message, DEFAULT_DIALECT);
    const text = data.toString('base64');
    const speed = (work: () => void) => (rate(work) * bytes) / MIB;
    const bareEncode = speed(() => Buffer.from(data.toString('base64'), 'latin1'));
    const bareDecode = speed(() => Buffer.from(text, 'base64'));
    const encoding = speed(() => encode(message, DEFAULT_DIALECT));
    const decoding = speed(() => replyReader().push(line).map(decode));
    return [
      row(`encode FILE of ${bytes} bytes`, encoding, bareEncode),
      row(`read and decode FILE of ${bytes} bytes`, decoding, bareDecode),
    ];
  });
}

function row(what: string, speed: number, bare: number): Row {
  return { what, figure: `${speed.toFixed(0)} MiB/s`, ratio: `${(speed / bare).toFixed(2)} × bare base64` };
}
