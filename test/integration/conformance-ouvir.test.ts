import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { OFFERED, WANTED } from '../../src/conformance/heard.ts';
import type { Result } from '../../src/conformance/judge.ts';
import { ouvir } from '../../src/conformance/ouvir.ts';
import { GROUPS, type Verdict } from '../../src/conformance/verdict.ts';
import type { Address } from '../../src/protocol/address.ts';
import { FieldPeer, VARIANTS } from '../helpers/field/field-peer.ts';
import { RawSocket } from '../helpers/raw-socket.ts';
import { eventually } from '../helpers/until.ts';

/** The judge while it listens, in this process. */
interface Listening {
  readonly addresses: readonly [string, string];
  /** What it says, so far. */
  readonly said: () => string;
  /** Ends as with Ctrl-C. */
  readonly stop: () => void;
  readonly result: Promise<Result | undefined>;
}

async function listen({ silenceMs = 60_000, takenMs = 300 } = {}): Promise<Listening> {
  const stop = new AbortController();
  let said = '';
  const result = ouvir({
    address: '127.0.0.1:0' as Address,
    silenceMs,
    groups: GROUPS,
    takenMs,
    signal: stop.signal,
    say: (text) => (said += text),
  });
  const found = () => /Escutando em (\S+), e em (\S+) /.exec(said) ?? [];
  await eventually(() => expect(found()).toHaveLength(3));
  const [, first = '', second = ''] = found();
  return { addresses: [first, second], said: () => said, stop: () => stop.abort(), result };
}

function ids(result: Result | undefined, verdict: Verdict): string[] {
  const judged = result?.judged ?? [];
  return judged.filter(({ outcome }) => outcome.verdict === verdict).map(({ id }) => id);
}

const TOLERATED: Readonly<Record<string, readonly string[]>> = {
  'line with a NUL': ['pergunta.caracteres'],
  'callback without newline': ['pergunta.fim'],
  raw: ['pergunta.nome'],
  multiline: ['pergunta.espacos'],
};

/** What its client does not see: whole files are asked for by their names in the list. */
const NOT_APPLICABLE: Readonly<Record<string, readonly string[]>> = {
  raw: ['pergunta.indices', 'pergunta.uma-vez', 'pergunta.duas-fontes'],
};

describe.concurrent('how the programs of the field ask', () => {
  it.each(VARIANTS)('%s', async (what, dialect, quirks) => {
    const judge = await listen();
    await using field = await FieldPeer.start(dialect, { files: { own: 'x' }, quirks });
    const [first, second] = judge.addresses;
    await field.hello(first);
    expect(await field.getPeers(first)).toMatchObject([{ address: second, status: 'ONLINE' }]);
    const files = Object.entries(OFFERED).map(([name, { length }]) => ({ name, size: length }));
    for (const address of [first, second]) expect(await field.ls(address)).toEqual(files);
    if (dialect === 'raw') {
      // It reads 1024 bytes and no more.
      await field.download(second, 'um-chunk.txt', 256);
      await field.bye(first);
      await field.bye(second);
    } else {
      await field.fetchFrom([first, second], WANTED, 256);
      await field.bye(first);
      await field.bye(second);
    }
    const result = await judge.result;
    expect(result).toMatchObject({ target: field.address, ended: undefined });
    expect(ids(result, 'broken')).toEqual([]);
    expect(ids(result, 'tolerated')).toEqual(TOLERATED[what] ?? []);
    expect(ids(result, 'not-applicable')).toEqual(NOT_APPLICABLE[what] ?? []);
    if (!what.startsWith('line')) expect(result?.dialect).toBe(dialect);
    expect(field.seen.violations).toEqual([]);
  });
});

/** A peer that asks by a script: where it listens, its clock, and what it says. */
class Asking implements AsyncDisposable {
  clock = 0;
  /** Takes the clocks of replies into account. */
  hears = true;
  address = '';
  readonly #server = net.createServer((socket) => socket.on('error', () => undefined));

  static async start(): Promise<Asking> {
    const asking = new Asking();
    await new Promise<void>((resolve) => asking.#server.listen(0, '127.0.0.1', resolve));
    asking.address = `127.0.0.1:${(asking.#server.address() as net.AddressInfo).port}`;
    return asking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** A request with the next clock, unless it says otherwise; hears the clock of the reply. */
  async ask(to: string, words: string, { end = '\n', origin = this.address, tick = 1 } = {}): Promise<void> {
    this.clock += tick;
    using socket = await RawSocket.connect(Number(to.split(':')[1]));
    socket.write(`${origin} ${this.clock} ${words}${end}`);
    if (!/^(GET_PEERS|LS|DL)/.test(words)) return void socket.end();
    const [line = ''] = await socket.untilLines(1);
    if (this.hears) this.clock = Math.max(this.clock, Number(line.split(' ')[1])) + 1;
  }
}

interface Mistake {
  readonly what: string;
  readonly broken: readonly string[];
  /** In place of a right conversation. */
  readonly say: (asking: Asking, first: string, second: string) => Promise<void>;
}

const DL = (index: number, size = 256) => `DL ${WANTED} ${size} ${index}`;

/** Everything, rightly. */
async function converse(
  asking: Asking,
  first: string,
  second: string,
  dl?: readonly (readonly [string, string])[],
): Promise<void> {
  await asking.ask(first, 'HELLO');
  await asking.ask(first, 'GET_PEERS');
  await asking.ask(first, 'LS');
  await asking.ask(second, 'LS');
  const all =
    dl ??
    ([
      [first, DL(0)],
      [second, DL(1)],
      [first, DL(2)],
      [second, DL(3)],
    ] as const);
  for (const [to, words] of all) await asking.ask(to, words);
  await asking.ask(first, 'BYE');
}

const MISTAKES: readonly Mistake[] = [
  { what: 'none', broken: [], say: (asking, first, second) => converse(asking, first, second) },
  {
    what: 'every chunk of each source',
    broken: ['pergunta.uma-vez'],
    say: (asking, first, second) =>
      converse(
        asking,
        first,
        second,
        [0, 1, 2, 3].flatMap(
          (index) =>
            [
              [first, DL(index)],
              [second, DL(index)],
            ] as const,
        ),
      ),
  },
  {
    what: 'every chunk of one source, then of the other',
    broken: ['pergunta.uma-vez'],
    say: (asking, first, second) => {
      const all = [first, second].flatMap((to) => [0, 1, 2, 3].map((index) => [to, DL(index)] as const));
      return converse(asking, first, second, all);
    },
  },
  {
    what: 'none, with an end game',
    broken: [],
    say: (asking, first, second) =>
      converse(asking, first, second, [
        [first, DL(0)],
        [second, DL(1)],
        [first, DL(2)],
        [second, DL(3)],
        [first, DL(3)],
      ]),
  },
  {
    what: 'one source alone',
    broken: ['pergunta.duas-fontes'],
    say: (asking, first, second) =>
      converse(
        asking,
        first,
        second,
        [0, 1, 2, 3].map((index) => [first, DL(index)] as const),
      ),
  },
  {
    what: 'the same clock twice',
    broken: ['pergunta.cresce'],
    say: async (asking, first, second) => {
      await asking.ask(first, 'HELLO');
      await asking.ask(second, 'HELLO', { tick: 0 });
      await converse(asking, first, second);
    },
  },
  {
    what: 'the clocks of replies are not looked at',
    broken: ['pergunta.recebe'],
    say: async (asking, first, second) => {
      asking.hears = false;
      await converse(asking, first, second);
    },
  },
  {
    what: 'a line of Windows',
    broken: ['pergunta.caracteres'],
    say: async (asking, first, second) => {
      await asking.ask(first, 'HELLO', { end: '\r\n' });
      await converse(asking, first, second);
    },
  },
  {
    what: 'two spaces',
    broken: ['pergunta.espacos'],
    say: async (asking, first, second) => {
      await asking.ask(first, ' HELLO');
      await converse(asking, first, second);
    },
  },
  {
    what: 'an argument too many',
    broken: ['pergunta.forma'],
    say: async (asking, first, second) => {
      await asking.ask(first, 'LS all');
      await converse(asking, first, second);
    },
  },
  {
    what: 'another origin',
    broken: ['pergunta.origem'],
    say: async (asking, first, second) => {
      await converse(asking, first, second, []);
      await asking.ask(second, DL(0), { origin: '127.0.0.1:9' });
      for (const index of [1, 2, 3]) await asking.ask(index === 2 ? second : first, DL(index));
    },
  },
];

describe.concurrent('a program that asks with a mistake', () => {
  it.each(MISTAKES)('$what', async ({ broken, say }) => {
    // Who asks here has always read the reply before.
    const judge = await listen({ takenMs: 0 });
    await using asking = await Asking.start();
    await say(asking, ...judge.addresses);
    const result = await judge.result;
    expect(ids(result, 'broken')).toEqual(broken);
    expect(ids(result, 'tolerated')).toEqual([]);
    expect(judge.said()).toContain(`  HELLO de ${asking.address}\n`);
  });

  it('chunks beyond the end, and not all of them', async () => {
    const judge = await listen();
    await using asking = await Asking.start();
    const [first] = judge.addresses;
    await asking.ask(first, 'LS');
    await asking.ask(first, DL(1));
    using beyond = await RawSocket.connect(Number(first.split(':')[1]));
    beyond.write(`${asking.address} 900 ${DL(4)}\n`);
    expect((await beyond.untilEnd()).toString()).toBe('');
    judge.stop();
    expect(ids(await judge.result, 'broken')).toEqual(['pergunta.indices']);
  });

  it('what nobody did is not judged, and who says nothing is not there', async () => {
    const judge = await listen();
    await using asking = await Asking.start();
    await asking.ask(judge.addresses[0], 'HELLO');
    await eventually(() => expect(judge.said()).toContain('HELLO de'));
    judge.stop();
    const result = await judge.result;
    expect(ids(result, 'not-applicable')).toHaveLength(9);
    expect(result?.ended).toBe('nem tudo foi pedido');
    expect(await (await listen({ silenceMs: 1 })).result).toBeUndefined();
  });
});
