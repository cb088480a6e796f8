import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RUN_MS, type Answer, type Question } from './attacks.ts';
import { Child } from './child.ts';
import { clock, median, type Row } from './measure.ts';
import { cpuSecondsOf, peakMemory } from './process-figures.ts';
import { ScreenPeer } from './screen-peer.ts';

const ATTACKERS = join(import.meta.dirname, 'attacks.ts');
const MIB = 1024 * 1024;
const GAP_MS = 40;
const SAMPLES_BEFORE = 15;
/** An LS that takes longer counts as this long. */
const PATIENCE_MS = 10_000;

interface Case {
  readonly attack: string;
  readonly what: string;
  readonly args?: readonly string[];
  /** A shell command that bounds what the victim may use. */
  readonly limit?: string;
  /** The victim knows the fake neighbours. */
  readonly knowsFakes?: true;
  readonly neighbours?: readonly string[];
  /** Typed into its menu as the attack begins, or before it, where it is to begin in a download. */
  readonly types?: string;
  readonly isInDownload?: true;
  readonly prepare?: (victim: ScreenPeer) => Promise<void>;
  /** What else there is to say at the end. */
  readonly note?: (
    victim: ScreenPeer,
    lastReply: string,
    attackers: Child<Question, Answer>,
  ) => Promise<string> | string;
}

const manyFiles = async ({ folder }: ScreenPeer) => {
  for (let i = 0; i < 10_000; i += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => writeFile(join(folder, `arquivo-${i + at}.txt`), '')),
    );
};

const sparseFile = async ({ folder }: ScreenPeer) => {
  await using file = await open(join(folder, 'vazio.bin'), 'w');
  await file.truncate(60 * 1024 * MIB);
};

const linesOfNeighbours = async ({ home }: ScreenPeer) => {
  const text = await readFile(join(home, 'vizinhos.txt'), 'utf8');
  return `${text.split('\n').length - 1} lines in the neighbours file`;
};

const thousand = Array.from({ length: 900 }, (_, i) => `10.9.${i >> 8}.${i & 255}:5001`);

const CASES: readonly Case[] = [
  { attack: 'none', what: 'no attack' },
  { attack: 'escaped-request', what: '22 MiB of %41 in DL, 4 at a time' },
  { attack: 'unread-lists', what: '100 sessions x 100 LS unread, 10,000 files', prepare: manyFiles },
  {
    attack: 'unread-peers',
    what: '400 sessions x 300 GET_PEERS unread, 900 neighbours',
    neighbours: thousand,
  },
  { attack: 'unread-blocks', what: '400 sessions x 8 GET of 1 MiB unread', prepare: sparseFile },
  { attack: 'one-session', what: 'a session that never stops sending' },
  { attack: 'pipelined', what: '4 sessions x 1,500 LS at once' },
  {
    attack: 'log',
    what: '20 MiB of DL, with --eventos',
    args: ['--eventos', 'eventos.jsonl'],
    note: async ({ home }) => `log ${((await stat(join(home, 'eventos.jsonl'))).size / MIB).toFixed(1)} MiB`,
  },
  {
    attack: 'digest',
    what: 'DIGEST of 60 GiB of nothing, its asker leaves',
    prepare: sparseFile,
  },
  {
    attack: 'while-waiting',
    what: '40 lines of 4 MiB while a GET_PEERS waits',
    knowsFakes: true,
    types: '2\n',
  },
  {
    attack: 'escaped-list',
    what: '22 MiB of %41 in the LS_LIST of a neighbour',
    knowsFakes: true,
    types: '1\n1\n4\n',
  },
  { attack: 'long-name', what: 'a name of 10 MiB in LS_LIST', knowsFakes: true, types: '1\n1\n4\n' },
  {
    attack: 'own-connection',
    what: '20 MiB of DL on a connection that the victim has opened',
    knowsFakes: true,
    types: '1\n1\n',
  },
  {
    attack: 'silent',
    what: 'a search among 150 silent neighbours',
    types: '4\n',
    note: async (victim) => {
      const start = clock();
      await victim.untilShown(/^(Digite o numero do arquivo|Nenhum arquivo)/m, 0, 60_000);
      return `it ended ${(RUN_MS / 1000 + clock() - start).toFixed(1)} s after it was asked for`;
    },
  },
  { attack: 'endless', what: '20 lines without end' },
  { attack: 'escaped-names', what: 'DL of names in %41, 16 at a time' },
  { attack: 'idle', what: '200 idle connections, 64 descriptors', limit: 'ulimit -n 64' },
  { attack: 'byes', what: '1,020 BYE in the names of others', note: linesOfNeighbours },
  {
    attack: 'spoofed',
    what: '140 HELLO in the names of a third host, in a download',
    knowsFakes: true,
    types: '1\n1\n4\n1\n',
    isInDownload: true,
    note: async (_, __, attackers) => `${String(await attackers.ask({ ask: 'accepted' }))} connections to it`,
  },
  {
    attack: 'far-clock',
    what: 'HELLO with clock 2^50',
    note: (_, lastReply) => `clock afterwards ${lastReply.split(' ')[1] ?? '?'}`,
  },
];

/** An LS by an honest client of another host, on a connection of its own: seconds, and the reply. */
function list(port: number, clockValue: number): Promise<{ seconds: number; reply: string }> {
  return new Promise((resolve) => {
    const start = clock();
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.5', noDelay: true });
    let reply = '';
    const done = () => {
      clearTimeout(timer);
      const isWhole = reply.includes(' LS_LIST ') && reply.endsWith('\n');
      resolve({ seconds: isWhole ? clock() - start : PATIENCE_MS / 1000, reply });
      socket.destroy();
    };
    const timer = setTimeout(done, PATIENCE_MS);
    socket.on('error', done).on('close', done);
    // Nobody listens there: the address of an asker is only a name.
    socket.write(`127.0.0.5:9 ${clockValue} LS\n`);
    socket.on('data', (data: Buffer) => {
      reply += data.toString('latin1');
      if (reply.endsWith('\n')) done();
    });
  });
}

async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

const descriptors = async (pid: number) => (await readdir(`/proc/${pid}/fd`)).length;

interface Figures {
  readonly delays: readonly number[];
  readonly descriptors: number;
  readonly lastReply: string;
}

/** Lists again and again, until so many were taken or the time is over. */
async function sample(victim: ScreenPeer, { most = Infinity, ms = Infinity }): Promise<Figures> {
  const delays: number[] = [];
  let fds = 0;
  let lastReply = '';
  const end = performance.now() + ms;
  while (delays.length < most && performance.now() < end) {
    const { seconds, reply } = await list(victim.port, delays.length + 1);
    delays.push(seconds);
    lastReply = reply;
    fds = Math.max(fds, await descriptors(victim.pid));
    await pause(GAP_MS);
  }
  return { delays, descriptors: fds, lastReply };
}

const inMs = (delays: readonly number[]) =>
  `${(median(delays) * 1000).toFixed(1)}/${(Math.max(...delays) * 1000).toFixed(0)} ms`;

const isOfThisHost = (address: string) => address.startsWith('127.0.0.1:');

async function play(each: Case): Promise<Row> {
  await using attackers = new Child<Question, Answer>(ATTACKERS);
  const fakes = (await attackers.ask({ ask: 'listen', attack: each.attack })) as readonly string[];
  await using victim = await ScreenPeer.start({
    neighbours: [...(each.neighbours ?? []), ...(each.knowsFakes === true ? fakes.filter(isOfThisHost) : [])],
    args: each.args ?? [],
    ...(each.limit === undefined ? {} : { limit: each.limit }),
  });
  await each.prepare?.(victim);
  await list(victim.port, 0);
  const before = await sample(victim, { most: SAMPLES_BEFORE });
  const memory = await residentMemory(victim.pid);
  const cpu = await cpuSecondsOf(victim.pid);
  const start = clock();
  const isDownload = each.isInDownload === true;
  if (isDownload) {
    victim.process.stdin.write(each.types ?? '');
    await victim.untilShown(/^Baixando /m);
  }
  await attackers.ask({ ask: 'run', attack: each.attack, port: victim.port });
  if (!isDownload && each.types !== undefined) victim.process.stdin.write(each.types);
  const during = await sample(victim, { ms: RUN_MS });
  const used = (await cpuSecondsOf(victim.pid)) - cpu;
  const growth = Math.max(0, (await peakMemory(victim.pid)) - memory) / MIB;
  const load = ((100 * used) / (clock() - start)).toFixed(0);
  const note = await each.note?.(victim, during.lastReply, attackers);
  return {
    what: each.what,
    figure: [
      `LS ${inMs(during.delays)} (before ${inMs(before.delays)})`,
      `+${growth.toFixed(0)} MiB`,
      `${during.descriptors} fd (${before.descriptors})`,
      `cpu ${load}%`,
      ...(note === undefined ? [] : [note]),
    ].join(', '),
    ratio: `p50 x${(median(during.delays) / median(before.delays)).toFixed(1)}`,
  };
}

/**
 * What attacks cost: how long an honest client of another host waits for LS (median and largest, before and while), how much memory
 * and how many descriptors the victim takes. The first row is the control.
 */
export async function benchHostile(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const each of CASES) {
    try {
      rows.push(await play(each));
    } catch (error) {
      rows.push({ what: each.what, figure: `no figure: ${String(error).slice(0, 200)}` });
    }
  }
  return rows;
}
