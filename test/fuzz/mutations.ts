import type { RandomNumbers } from '../helpers/random-numbers.ts';
import { WIRE_CASES } from '../helpers/wire-cases.ts';

/** What mutations begin with: good messages, bad ones, and the words of both. */
const LINES = [
  ...WIRE_CASES.map(({ line }) => line),
  '127.0.0.1:9001 1 HELLO sessao',
  '127.0.0.1:9001 2 DL f 256 0',
  '127.0.0.1:9001 2 DL f 0 0',
  '127.0.0.1:9001 2 DIGEST f',
  '127.0.0.1:9003 5 LS_LIST 2\na:1\nb:2\n',
];
const WORDS = [
  ...new Set(LINES.flatMap((line) => line.split(/[ \n]/))),
  ...[
    '-1',
    '9007199254740993',
    '99999999999999999999',
    '1e9',
    '%41',
    '%00',
    '%2e%2e%2f',
    '\u202e',
    'YWJj',
    '',
  ],
];
const BYTES = [0x00, 0x0a, 0x0d, 0x20, 0x25, 0x3a, 0x80, 0xc3, 0xff];
const MOST_REPEATS = 300;

/** Some line of the protocol, often broken in one to three ways, with an end or none. */
export function mutated(random: RandomNumbers): Buffer {
  let line = random.pick(LINES);
  for (let left = random.below(4); left > 0; left--) line = changed(line, random);
  const bytes = Buffer.from(line, random.below(8) === 0 ? 'latin1' : 'utf8');
  for (let left = random.below(3); left > 0 && bytes.length > 0; left--) {
    if (random.below(4) === 0) bytes[random.below(bytes.length)] = random.pick(BYTES);
  }
  const end = random.pick(['\n', '\n', '\n', '\n', ' \n', '\r\n', '\n\0', '\n\n', '']);
  const whole = Buffer.concat([bytes, Buffer.from(end)]);
  return random.below(10) === 0 ? withLength(whole, random) : whole;
}

function changed(line: string, random: RandomNumbers): string {
  const words = line.split(' ');
  const at = random.below(words.length);
  switch (random.below(7)) {
    case 0:
      words.splice(at, 1);
      break;
    case 1:
      words.splice(at, 0, random.pick(WORDS));
      break;
    case 2:
      words[at] = random.pick(WORDS);
      break;
    case 3:
      words[at] = (words[at] ?? '').repeat(1 + random.below(MOST_REPEATS));
      break;
    case 4:
      words.push(...Array.from({ length: random.below(MOST_REPEATS) }, () => random.pick(WORDS)));
      break;
    case 5:
      return line.slice(0, random.below(line.length + 1));
    default:
      return `${line} ${random.pick(LINES)}`;
  }
  return words.join(' ');
}

/** The framing of the reference program, with the right length or another. */
function withLength(bytes: Buffer, random: RandomNumbers): Buffer {
  const length = Buffer.alloc(8);
  const told = random.below(3) === 0 ? random.below(2 ** 32) * 2 ** random.below(20) : bytes.length;
  length.writeBigUInt64BE(BigInt(Math.floor(told)));
  return Buffer.concat([length, bytes]);
}

/** Cuts bytes into segments, as a network may. */
export function* segments(bytes: Buffer, random: RandomNumbers): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const size = random.below(3) === 0 ? 1 + random.below(8) : bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
