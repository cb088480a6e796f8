import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { answerQuestions, isMain } from './child.ts';

/**
 * The attackers of `bench -- hostile`, in a process of their own: what they cost is not in the figures. All stay on 127.0.0.0/8, and
 * each is bounded in number, and in time by `RUN_MS`.
 */

/** How long an attack lasts. */
export const RUN_MS = 3_000;

const ORIGIN = '127.0.0.9:9';
const MIB = 1024 * 1024;
const ESCAPED = '%41';

export type Question =
  /** Listens where the attack wants to be dialled. */
  | { readonly ask: 'listen'; readonly attack: string }
  | { readonly ask: 'run'; readonly attack: string; readonly port: number }
  | { readonly ask: 'accepted' };

/** Addresses that listen, or how many connections have come. */
export type Answer = readonly string[] | number;

/** How many fake neighbours listen, on which host, and what they do with a connection. */
interface Fakes {
  readonly count: number;
  readonly host?: string;
  readonly serve: (socket: net.Socket) => void;
}

interface Attack {
  readonly fakes?: readonly Fakes[];
  readonly run?: (port: number) => Promise<void> | void;
}

let accepted = 0;

/** A socket that minds nothing that happens to it. */
function dial(port: number, localAddress = '127.0.0.9'): net.Socket {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  socket.on('error', () => undefined);
  return socket;
}

/** Writes the same bytes as fast as they are taken, until so many have left. */
function pour(socket: net.Socket, block: Buffer, bytes = Infinity): void {
  let left = bytes;
  const go = () => {
    while (left > 0 && socket.writable) {
      left -= block.length;
      if (!socket.write(block)) return;
    }
  };
  socket.on('drain', go);
  go();
}

/** So many sessions that say this once, and read the replies or not. */
function sessions(port: number, count: number, text: string, reads: boolean): void {
  for (let i = 0; i < count; i++) {
    const socket = dial(port);
    socket.write(`${ORIGIN} 1 HELLO sessao\n${text}`);
    if (reads) socket.resume();
    else socket.pause();
  }
}

/** One request after the other on connections of their own, so many at a time. */
function oneShots(port: number, lanes: number, bytes: (number: number) => string | Buffer): void {
  const until = performance.now() + RUN_MS;
  let number = 0;
  const next = () => {
    if (performance.now() > until) return;
    const socket = dial(port);
    socket.resume();
    socket.on('close', next);
    socket.end(bytes(number++));
  };
  for (let lane = 0; lane < lanes; lane++) next();
}

const ls = `${ORIGIN} 2 LS\n`;

/** Answers LS with these entries, and says nothing to anything else. */
const lists = (entry: string) => (socket: net.Socket) => {
  socket.on('data', (data) => {
    if (data.includes(' LS')) socket.end(`${ORIGIN} 2 LS_LIST 1 ${entry}:1\n`);
    else socket.end();
  });
};

/** An honest program of which a download takes long. */
function slowSource(socket: net.Socket): void {
  socket.on('data', (data) => {
    const [, , type = '', name = '', size = '', index = ''] = data.toString('latin1').trim().split(' ');
    const body = Buffer.alloc(Number(size) || 0).toString('base64');
    if (type === 'LS') socket.end(`${ORIGIN} 2 LS_LIST 1 grande.bin:100000000\n`);
    else if (type !== 'DL') socket.end();
    else setTimeout(() => socket.end(`${ORIGIN} 2 FILE ${name} ${size} ${index} ${body}\n`), 100);
  });
}

/** By name; `hostile.ts` says what the victim does meanwhile. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  none: {},
  'escaped-request': {
    run: (port) => oneShots(port, 4, () => `${ORIGIN} 1 DL ${ESCAPED.repeat((22 * MIB) / 3)} 256 0\n`),
  },
  'unread-lists': { run: (port) => sessions(port, 100, ls.repeat(100), false) },
  'unread-peers': { run: (port) => sessions(port, 400, `${ORIGIN} 2 GET_PEERS\n`.repeat(300), false) },
  'unread-blocks': {
    run: (port) => sessions(port, 400, `${ORIGIN} 2 GET vazio.bin 0 ${MIB}\n`.repeat(8), false),
  },
  'one-session': {
    run: (port) => {
      const socket = dial(port);
      socket.resume();
      socket.write(`${ORIGIN} 1 HELLO sessao\n`);
      pour(socket, Buffer.from(`${ORIGIN} 2 DL nada 256 0\n`.repeat(1_000)));
    },
  },
  pipelined: { run: (port) => sessions(port, 4, ls.repeat(1_500), true) },
  log: {
    run: (port) => {
      const socket = dial(port);
      socket.resume();
      socket.write(`${ORIGIN} 1 HELLO sessao\n`);
      pour(socket, Buffer.from(`${ORIGIN} 2 DL nada 256 0\n`.repeat(1_000)), 20 * MIB);
    },
  },
  digest: {
    run: async (port) => {
      const socket = dial(port);
      socket.resume();
      socket.write(`${ORIGIN} 1 HELLO sessao\n${ORIGIN} 2 DIGEST vazio.bin\n`);
      await pause(500);
      socket.destroy();
    },
  },
  'while-waiting': {
    fakes: [{ count: 1, serve: (socket) => void socket.resume().end() }],
    run: (port) => {
      const line = Buffer.from(`${ORIGIN} 1 PEER_LIST 1 ${'x'.repeat(4 * MIB - 100)}\n`);
      for (let i = 0; i < 40; i++) dial(port, `127.0.3.${i + 1}`).end(line);
    },
  },
  'escaped-list': { fakes: [{ count: 1, serve: lists(ESCAPED.repeat((22 * MIB) / 3)) }] },
  'long-name': { fakes: [{ count: 1, serve: lists('x'.repeat(10 * MIB)) }] },
  'own-connection': {
    fakes: [
      {
        count: 1,
        serve: (socket) =>
          pour(socket.resume(), Buffer.from(`${ORIGIN} 2 DL nada 256 0\n`.repeat(1_000)), 20 * MIB),
      },
    ],
  },
  silent: {
    fakes: [{ count: 150, serve: (socket) => void socket.resume() }],
    run: async (port) => {
      for (const address of listening) dial(port, '127.0.0.1').end(`${address} 1 HELLO\n`);
      await pause(500);
    },
  },
  endless: {
    run: (port) => {
      for (let i = 0; i < 20; i++) pour(dial(port), Buffer.alloc(64 * 1024, 'x'));
    },
  },
  'escaped-names': {
    run: (port) => oneShots(port, 16, () => `${ORIGIN} 1 DL ${ESCAPED.repeat(250)} 256 0\n`),
  },
  idle: {
    run: (port) => {
      for (let i = 0; i < 200; i++) dial(port);
    },
  },
  byes: {
    run: async (port) => {
      for (let i = 0; i < 1_020; i++) {
        dial(port).end(`10.${i >> 8}.${i & 255}.1:5001 1 BYE\n`);
        if (i % 50 === 49) await pause(50);
      }
    },
  },
  spoofed: {
    fakes: [
      { count: 1, serve: slowSource },
      { count: 140, host: '127.0.0.2', serve: (socket) => void socket.resume() },
    ],
    run: (port) => {
      for (const address of listening.filter((each) => each.startsWith('127.0.0.2:')))
        dial(port).end(`${address} 1 HELLO\n`);
    },
  },
  'far-clock': { run: (port) => void dial(port).end(`${ORIGIN} ${2 ** 50} HELLO\n`) },
};

const listening: string[] = [];

async function listen({ count, host = '127.0.0.1', serve }: Fakes): Promise<void> {
  for (let i = 0; i < count; i++) {
    const server = net.createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
      if (host !== '127.0.0.1') accepted += 1;
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
    listening.push(`${host}:${(server.address() as net.AddressInfo).port}`);
  }
}

async function answer(question: Question): Promise<Answer> {
  if (question.ask === 'accepted') return accepted;
  const attack = ATTACKS[question.attack];
  if (attack === undefined) throw new Error(`no such attack: ${question.attack}`);
  if (question.ask === 'run') await attack.run?.(question.port);
  else for (const fakes of attack.fakes ?? []) await listen(fakes);
  return listening;
}

if (isMain(import.meta.filename)) answerQuestions<Question, Answer>(answer);
