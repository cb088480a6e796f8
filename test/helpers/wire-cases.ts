import type { Address } from '../../src/protocol/address.ts';
import type { Message } from '../../src/protocol/message.ts';

/**
 * One table for decoder and encoder. `line` is a payload without framing; where `canonical` is given, that is what
 * we write for the same message, elsewhere we write `line` itself.
 */
export interface WireCase {
  readonly what: string;
  readonly line: string;
  readonly message: Message;
  readonly canonical?: string;
}

const A = '127.0.0.1:9001' as Address;
const B = '127.0.0.1:9003' as Address;
const from = (origin: Address, clock: number) => ({ origin, clock });
const bytes = (text: string) => Buffer.from(text, 'latin1');
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export const WIRE_CASES: readonly WireCase[] = [
  {
    what: 'HELLO',
    line: '127.0.0.1:9001 1 HELLO',
    message: { ...from(A, 1), type: 'HELLO', capabilities: [] },
  },
  {
    what: 'HELLO that offers something',
    line: '127.0.0.1:9001 3 HELLO sessao',
    message: { ...from(A, 3), type: 'HELLO', capabilities: ['sessao'] },
  },
  {
    what: 'RETURN_HELLO',
    line: '127.0.0.1:9003 2 RETURN_HELLO',
    message: { ...from(B, 2), type: 'RETURN_HELLO', capabilities: [] },
  },
  { what: 'GET_PEERS', line: '127.0.0.1:9001 4 GET_PEERS', message: { ...from(A, 4), type: 'GET_PEERS' } },
  { what: 'LS', line: '127.0.0.1:9001 0 LS', message: { ...from(A, 0), type: 'LS' } },
  { what: 'BYE', line: '127.0.0.1:9001 1125899906842624 BYE', message: { ...from(A, 2 ** 50), type: 'BYE' } },
  {
    what: 'empty PEER_LIST',
    line: '127.0.0.1:9003 5 PEER_LIST 0',
    message: { ...from(B, 5), type: 'PEER_LIST', peers: [] },
  },
  {
    what: 'PEER_LIST with IPv6 and a host name',
    line: '127.0.0.1:9003 5 PEER_LIST 3 10.0.0.7:80:ONLINE:12 [::1]:5001:OFFLINE:0 lab-3.each:5002:ONLINE:7',
    message: {
      ...from(B, 5),
      type: 'PEER_LIST',
      peers: [
        { address: '10.0.0.7:80' as Address, status: 'ONLINE', clock: 12 },
        { address: '[::1]:5001' as Address, status: 'OFFLINE', clock: 0 },
        { address: 'lab-3.each:5002' as Address, status: 'ONLINE', clock: 7 },
      ],
    },
  },
  {
    what: 'empty LS_LIST',
    line: '127.0.0.1:9003 5 LS_LIST 0',
    message: { ...from(B, 5), type: 'LS_LIST', files: [] },
  },
  {
    what: 'LS_LIST with encoded and UTF-8 names',
    line: '127.0.0.1:9003 5 LS_LIST 3 hello.txt:7 aula%201.pdf:0 ação.txt:9007199254740991',
    message: {
      ...from(B, 5),
      type: 'LS_LIST',
      files: [
        { token: 'hello.txt', size: 7 },
        { token: 'aula%201.pdf', size: 0 },
        { token: 'ação.txt', size: Number.MAX_SAFE_INTEGER },
      ],
    },
  },
  {
    what: 'LS_LIST with a name in Latin-1',
    line: '127.0.0.1:9003 5 LS_LIST 1 a\udce7.txt:3',
    message: { ...from(B, 5), type: 'LS_LIST', files: [{ token: 'a\udce7.txt', size: 3 }] },
  },
  {
    what: 'DL',
    line: '127.0.0.1:9001 20 DL milbytes.txt 256 3',
    message: { ...from(A, 20), type: 'DL', token: 'milbytes.txt', size: 256, index: 3 },
  },
  {
    what: 'FILE',
    line: '127.0.0.1:9003 23 FILE ab.txt 2 3 YWI=',
    message: { ...from(B, 23), type: 'FILE', token: 'ab.txt', size: 2, index: 3, data: bytes('ab') },
  },
  {
    what: 'FILE of an empty file',
    line: '127.0.0.1:9003 23 FILE vazio 0 0',
    message: { ...from(B, 23), type: 'FILE', token: 'vazio', size: 0, index: 0, data: bytes('') },
  },
  {
    what: 'FILE with the whole file',
    line: '127.0.0.1:9003 23 FILE a 0 0 AP/+',
    message: { ...from(B, 23), type: 'FILE', token: 'a', size: 0, index: 0, data: bytes('\x00\xff\xfe') },
  },
  {
    what: 'DL of a name that is not ASCII',
    line: '127.0.0.1:9001 20 DL ação.txt 256 3',
    message: { ...from(A, 20), type: 'DL', token: 'ação.txt', size: 256, index: 3 },
  },
  {
    what: 'FILE of a name in Latin-1',
    line: '127.0.0.1:9003 23 FILE a\udce7.txt 2 3 YWI=',
    message: { ...from(B, 23), type: 'FILE', token: 'a\udce7.txt', size: 2, index: 3, data: bytes('ab') },
  },
  {
    what: 'DIGEST',
    line: '127.0.0.1:9001 30 DIGEST ação.txt',
    message: { ...from(A, 30), type: 'DIGEST', token: 'ação.txt' },
  },
  {
    what: 'DIGEST_OF',
    line: `127.0.0.1:9003 33 DIGEST_OF vazio 0 ${SHA256_OF_NOTHING}`,
    message: { ...from(B, 33), type: 'DIGEST_OF', token: 'vazio', size: 0, sha256: SHA256_OF_NOTHING },
  },
  {
    what: 'DIGEST_OF in upper case',
    line: `127.0.0.1:9003 33 DIGEST_OF vazio 0 ${SHA256_OF_NOTHING.toUpperCase()}`,
    canonical: `127.0.0.1:9003 33 DIGEST_OF vazio 0 ${SHA256_OF_NOTHING}`,
    message: { ...from(B, 33), type: 'DIGEST_OF', token: 'vazio', size: 0, sha256: SHA256_OF_NOTHING },
  },
  {
    what: 'ERROR that asks for patience',
    line: '127.0.0.1:9003 35 ERROR DIGEST busy ação.txt',
    message: { ...from(B, 35), type: 'ERROR', of: 'DIGEST', code: 'busy', args: ['ação.txt'] },
  },
  {
    what: 'ERROR for a request without arguments',
    line: '127.0.0.1:9003 35 ERROR FORMAT bad-request',
    message: { ...from(B, 35), type: 'ERROR', of: 'FORMAT', code: 'bad-request', args: [] },
  },
  {
    what: 'a space, a CR and a NUL behind the message',
    line: '127.0.0.1:9001 4 LS \r\0',
    canonical: '127.0.0.1:9001 4 LS',
    message: { ...from(A, 4), type: 'LS' },
  },
  {
    what: 'PEERS_LIST',
    line: '127.0.0.1:9003 5 PEERS_LIST 0',
    canonical: '127.0.0.1:9003 5 PEER_LIST 0',
    message: { ...from(B, 5), type: 'PEER_LIST', peers: [] },
  },
  {
    what: 'a reply without clock',
    line: '127.0.0.1:9003 PEER_LIST 1 10.0.0.7:80:ONLINE:12',
    canonical: '127.0.0.1:9003 0 PEER_LIST 1 10.0.0.7:80:ONLINE:12',
    message: {
      ...from(B, 0),
      type: 'PEER_LIST',
      peers: [{ address: '10.0.0.7:80' as Address, status: 'ONLINE', clock: 12 }],
    },
  },
  {
    what: 'a count that disagrees, malformed entries',
    line: '127.0.0.1:9003 5 PEER_LIST 9 x 10.0.0.7:80:ONLINE:12 10.0.0.7:0:ONLINE:1 1.2.3.4:5:MAYBE:1 1.2.3.4:5:ONLINE:-1',
    canonical: '127.0.0.1:9003 5 PEER_LIST 1 10.0.0.7:80:ONLINE:12',
    message: {
      ...from(B, 5),
      type: 'PEER_LIST',
      peers: [{ address: '10.0.0.7:80' as Address, status: 'ONLINE', clock: 12 }],
    },
  },
  {
    what: 'a raw colon in a listed name',
    line: '127.0.0.1:9003 5 LS_LIST 1 a:b.txt:3',
    message: { ...from(B, 5), type: 'LS_LIST', files: [{ token: 'a:b.txt', size: 3 }] },
  },
  {
    what: 'raw spaces in a listed name: what was not offered as such is left out',
    line: '127.0.0.1:9003 5 LS_LIST 2 my holiday file.txt:7 ok.txt:5',
    canonical: '127.0.0.1:9003 5 LS_LIST 1 ok.txt:5',
    message: { ...from(B, 5), type: 'LS_LIST', files: [{ token: 'ok.txt', size: 5 }] },
  },
  {
    what: 'a malformed file entry that the count includes',
    line: '127.0.0.1:9003 5 LS_LIST 3 junk ok.txt:5 b:6',
    canonical: '127.0.0.1:9003 5 LS_LIST 2 ok.txt:5 b:6',
    message: {
      ...from(B, 5),
      type: 'LS_LIST',
      files: [
        { token: 'ok.txt', size: 5 },
        { token: 'b', size: 6 },
      ],
    },
  },
  {
    what: 'an origin in other spelling',
    line: 'LocalHost:09001 1 HELLO',
    canonical: 'localhost:9001 1 HELLO',
    message: { ...from('localhost:9001' as Address, 1), type: 'HELLO', capabilities: [] },
  },
];

/** Payloads that are no messages, and the code of the error. */
export const BROKEN_LINES: readonly (readonly [code: string, line: string])[] = [
  ['malformed', 'x'],
  ['bad-origin', 'x y'],
  ['bad-origin', '127.0.0.1 1 HELLO'],
  ['bad-origin', '127.0.0.1:0 1 HELLO'],
  ['bad-origin', '127.0.0.1:65536 1 HELLO'],
  ['bad-origin', '999.0.0.1:80 1 HELLO'],
  ['bad-origin', 'a/b:80 1 HELLO'],
  ['bad-origin', '::1:80 1 HELLO'],
  ['malformed', '127.0.0.1:1 5'],
  ['bad-clock', '127.0.0.1:1 -5 HELLO'],
  ['bad-clock', '127.0.0.1:1 1.5 HELLO'],
  ['bad-clock', '127.0.0.1:1 1e3 HELLO'],
  ['bad-clock', '127.0.0.1:1 NaN HELLO'],
  ['bad-clock', '127.0.0.1:1 9007199254740992 HELLO'],
  ['bad-clock', '127.0.0.1:1 99999999999999999999 HELLO'],
  ['unknown-type', '127.0.0.1:1 1 hello'],
  ['unknown-type', '127.0.0.1:1 1 FORMAT c:'],
  ['unknown-type', '127.0.0.1:1 1 __proto__'],
  ['malformed', '127.0.0.1:1 1  LS'],
  ['bad-arguments', '127.0.0.1:1 1 PEER_LIST'],
  ['bad-arguments', '127.0.0.1:1 1 LS_LIST x'],
  ['bad-arguments', '127.0.0.1:1 1 DL'],
  ['bad-arguments', '127.0.0.1:1 1 DL a'],
  ['bad-arguments', '127.0.0.1:1 1 DL a 256'],
  ['bad-arguments', '127.0.0.1:1 1 DL a -1 0'],
  ['bad-arguments', '127.0.0.1:1 1 DL a 256 -1'],
  ['bad-arguments', '127.0.0.1:1 1 DL a 256 9007199254740993'],
  ['bad-arguments', '127.0.0.1:1 1 DL a b 256 0'],
  ['bad-arguments', '127.0.0.1:1 1 DL  256 0'],
  ['bad-arguments', '127.0.0.1:1 1 DL a 256 0 0'],
  ['bad-arguments', '127.0.0.1:1 1 DIGEST'],
  ['bad-arguments', '127.0.0.1:1 1 DIGEST a b'],
  ['bad-arguments', '127.0.0.1:1 1 DIGEST_OF'],
  ['bad-arguments', '127.0.0.1:1 1 DIGEST_OF a 3'],
  ['bad-arguments', `127.0.0.1:1 1 DIGEST_OF a x ${SHA256_OF_NOTHING}`],
  ['bad-arguments', `127.0.0.1:1 1 DIGEST_OF a 3 ${SHA256_OF_NOTHING.slice(1)}`],
  ['bad-arguments', `127.0.0.1:1 1 DIGEST_OF a 3 ${SHA256_OF_NOTHING}0`],
  ['bad-arguments', `127.0.0.1:1 1 DIGEST_OF a 3 ${SHA256_OF_NOTHING.slice(1)}g`],
  ['bad-arguments', `127.0.0.1:1 1 DIGEST_OF a 3 ${SHA256_OF_NOTHING} 4`],
  ['bad-arguments', `127.0.0.1:1 1 DIGEST_OF  3 ${SHA256_OF_NOTHING}`],
  ['bad-arguments', '127.0.0.1:1 1 ERROR DL'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 YWJ'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 YW Jj'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 YW=j'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 YW_j'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 YW-j'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 Y==='],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 YWé'],
  ['bad-base64', '127.0.0.1:1 1 FILE a 3 0 ERROR_NOT_FOUND'],
];
