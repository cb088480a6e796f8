import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent } from '../../../src/events.ts';
import type { MakeBar } from '../../../src/terminal/footer.ts';
import { RESUME_HINT } from '../../../src/terminal/download-sentences.ts';
import { PROGRESS_LINE_INTERVAL_MS, Screen, type ScreenOptions } from '../../../src/terminal/screen.ts';
import { ACCOUNT_INTERVAL_MS } from '../../../src/terminal/summary.ts';
import { A1, A2, A3 } from './addresses.ts';
import { LazyReceived, LazySent } from './lazy-messages.ts';
import { EVENTS, SAMPLES, STARTED } from './samples.ts';

function open(
  options: Partial<ScreenOptions> & { isLive?: boolean; colorLevel?: 0 | 1; width?: number } = {},
) {
  const { isLive = false, colorLevel = 0, width = Infinity, ...rest } = options;
  const prints: string[] = [];
  const statuses: (string | undefined)[] = [];
  const bars: MakeBar[] = [];
  const asked: string[] = [];
  const time = { now: 0 };
  const screen = new Screen({
    terminal: {
      isLive,
      isInteractive: isLive,
      colorLevel,
      width,
      height: 24,
      print: (text) => prints.push(text),
      status: (line) => statuses.push(line),
      bar: (make) => bars.push(make),
      touchBar: () => undefined,
      ask: (text) => {
        asked.push(text);
        return Promise.resolve('1');
      },
    },
    address: () => A1,
    messages: 'resumo',
    now: () => time.now,
    ...rest,
  });
  const report = (...events: AppEvent[]) => {
    for (const event of events) screen.report(event);
  };
  return { screen, prints, statuses, bars, asked, time, report };
}

/** What Peer reports when it asks for a chunk, and when it gets one. */
function fetched(chunks: number, clock: number): AppEvent[] {
  const both = { type: 'DL', args: ['big.bin', '256', '0'], chunks } as const;
  return [
    { event: 'clock-updated', clock, cause: 'send' },
    { event: 'message-sent', to: A2, ...both, clock, reply: false },
    {
      event: 'message-received',
      from: A2,
      ...both,
      type: 'FILE',
      clock: clock + 1,
      clockAfter: clock + 2,
      reply: true,
    },
    { event: 'clock-updated', clock: clock + 2, cause: 'receive' },
  ];
}

/** What Peer reports when somebody gets a chunk from us. */
function served(chunks: number, from = A2, name = 'big.bin'): AppEvent[] {
  const both = { args: [name, '256', '0'], chunks } as const;
  return [
    {
      event: 'message-received',
      from,
      type: 'DL',
      token: name,
      ...both,
      clock: 1,
      clockAfter: 2,
      reply: false,
    },
    { event: 'clock-updated', clock: 2, cause: 'receive' },
    { event: 'clock-updated', clock: 3, cause: 'send' },
    {
      event: 'message-sent',
      to: from,
      type: 'FILE',
      token: name,
      bytes: 256,
      ...both,
      clock: 3,
      reply: true,
    },
  ];
}

const HELLO: AppEvent[] = [
  { event: 'clock-updated', clock: 1, cause: 'send' },
  { event: 'message-sent', to: A2, type: 'HELLO', args: [], clock: 1, reply: false },
];
const HELLO_LINES = [
  '=> Atualizando relogio para 1',
  'Encaminhando mensagem "127.0.0.1:5001 1 HELLO" para 127.0.0.1:5002',
];
const BIG = { ...STARTED, name: 'big.bin', size: 2 ** 24, chunks: 65_536, sources: [A2] };
const FAILED = { event: 'chunk-failed', name: 'big.bin', source: A3, code: 'reset' } as const;

function progressed(bytes: number, chunks = 65_536, seconds = 1): AppEvent {
  return {
    event: 'download-progressed',
    name: 'big.bin',
    size: 2 ** 24,
    bytes,
    chunks,
    resumed: 0,
    seconds,
    sources: [{ source: A2, bytes, bytesPerSecond: bytes }],
  };
}

describe('Screen', () => {
  it('prints every event that has lines, in one piece', () => {
    const { report, prints } = open({ messages: 'todas' });
    const shown = SAMPLES.filter(
      ([{ event }, lines]) =>
        lines.length > 0 &&
        !['clock-updated', 'download-progressed', 'neighbour-status-changed'].includes(event),
    );
    report(...shown.map(([event]) => event));
    const hinted = (event: AppEvent) => event.event === 'download-failed' && event.kept > 0;
    expect(prints).toEqual(
      shown.map(([event, lines]) => lines.join('\n') + (hinted(event) ? RESUME_HINT : '')),
    );
  });

  it('shows the messages of a small download one by one, clock lines in their places', () => {
    const { report, prints } = open();
    report(...fetched(64, 5));
    expect(prints).toEqual([
      '=> Atualizando relogio para 5',
      'Encaminhando mensagem "127.0.0.1:5001 5 DL big.bin 256 0" para 127.0.0.1:5002',
      'Resposta recebida: "127.0.0.1:5002 6 FILE big.bin 256 0"',
      '=> Atualizando relogio para 7',
    ]);
  });

  it('leaves out those of a large one with their clock lines, and nothing else', () => {
    const { report, prints } = open();
    report(...fetched(65, 5), ...HELLO, ...fetched(65, 9));
    expect(prints).toEqual(['(2 mensagens DL e FILE resumidas: relógio 4 → 7)', ...HELLO_LINES]);
  });

  it('shows them all where all are wanted', () => {
    const { report, prints } = open({ messages: 'todas' });
    report(...fetched(65, 5), ...served(65));
    expect(prints).toHaveLength(8);
  });

  it('shows a clock line whose message never came, before what came instead', () => {
    const { report, prints } = open();
    report({ event: 'clock-updated', clock: 1, cause: 'send' }, { event: 'leaving', cause: 'menu' });
    expect(prints).toEqual(['=> Atualizando relogio para 1', 'Saindo...']);
  });

  it('reads the arguments of nothing that it leaves out', () => {
    const { report, prints } = open();
    const args = ['big.bin', '256', '0'];
    const messages = [LazySent, LazyReceived] as const;
    const [dl, file] = (['DL', 'FILE'] as const).map((type) =>
      messages.map((Each) => new Each(args, type, 100)),
    );
    expect(LazySent.readsDuring(() => report(...(file ?? [])))).toBe(0);
    expect(LazySent.readsDuring(() => report(...(dl ?? [])))).toBe(0);
    expect(prints).toHaveLength(1);
  });

  it('shows progress in the status line of a screen, whatever the number of chunks, and takes it away', () => {
    const { report, prints, statuses } = open({ isLive: true, width: 50 });
    report({ ...BIG, chunks: 4 }, progressed(1000, 4, 0.4), progressed(2 ** 23, 4, 0.6));
    report({
      event: 'download-failed',
      name: 'big.bin',
      code: 'aborted',
      missing: [],
      chunks: 4,
      kept: 0,
    });
    expect(statuses).toEqual(['big.bin  ██████░░░░░░   50%  8,0 MiB/s  resta 1 s', undefined]);
    expect(prints).toEqual([
      'Baixando big.bin: 16,0 MiB em 4 chunks de até 256\n  bytes, de 1 peer.',
      'Download de big.bin cancelado: nada foi recebido.',
    ]);
  });

  it('tells once how a download that has kept something goes on, and each time on a pipe', () => {
    const failed = {
      event: 'download-failed',
      name: 'big.bin',
      code: 'no-sources',
      missing: [[0, 1]],
      chunks: 4,
      kept: 2048,
    } as const;
    const { report, prints } = open({ isLive: true, width: 120 });
    report({ ...failed, kept: 0 }, failed, failed, { ...failed, code: 'aborted' });
    const kept = '  Já recebido e guardado: 2,0 KiB.';
    expect(prints.slice(1).map((text) => text.split('\n').at(-1))).toEqual([
      `${kept} Escolha o mesmo arquivo de novo para continuar: só o resto será pedido.`,
      kept,
      'Download de big.bin cancelado; já recebido e guardado: 2,0 KiB.',
    ]);
    const pipe = open();
    pipe.report(failed, failed);
    expect(pipe.prints.filter((text) => text.includes('Escolha o mesmo arquivo'))).toHaveLength(2);
  });

  it('shows progress on a pipe as a line now and then', () => {
    const { report, prints, time } = open({ messages: 'todas' });
    report(BIG);
    for (time.now = 0; time.now <= 2 * PROGRESS_LINE_INTERVAL_MS; time.now += 200)
      report(progressed(time.now));
    expect(prints.slice(1)).toHaveLength(2);
    expect(prints[1]).toMatch(/^big\.bin {4}0% {2}2000 bytes de 16777216 bytes/);
  });

  it('shows the first failed chunks of each download, and then that there are more', () => {
    const { report, prints } = open();
    const failures = Array.from({ length: 9 }, (_, index) => ({ ...FAILED, index }));
    report({ ...BIG, chunks: 64 }, ...failures, { ...BIG, chunks: 64 }, ...failures);
    expect(prints).toHaveLength(10);
    expect(prints[4]).toBe(
      'Outras falhas de chunks de big.bin não são mostradas (--mensagens todas mostra cada uma).',
    );
    const all = open({ messages: 'todas' });
    all.report(...failures);
    expect(all.prints).toHaveLength(9);
  });

  it('asks in words', async () => {
    const { screen, asked } = open();
    expect(await screen.ask({ ask: 'chunk-size' })).toBe('1');
    expect(asked).toEqual(['Digite novo tamanho de chunk:\n> ']);
  });
});

describe('Screen, where messages are summed up', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('accounts for them and their ticks before the next clock, at the end and before a question', async () => {
    const { screen, report, prints } = open();
    const digest = (clock: number): AppEvent[] => [
      { event: 'clock-updated', clock, cause: 'send' },
      { event: 'message-sent', to: A2, type: 'DIGEST', args: ['a'], clock, reply: false },
    ];
    const digestOf = {
      event: 'message-received',
      from: A2,
      type: 'DIGEST_OF',
      args: [],
      reply: true,
    } as const;
    report(...digest(1), { ...digestOf, clock: 2, clockAfter: 3 });
    report({ event: 'clock-updated', clock: 3, cause: 'receive' });
    expect(prints.splice(0)).toEqual([
      'Comparando o SHA-256 do que os peers oferecem (mensagens resumidas; --mensagens todas mostra cada uma).',
    ]);
    await screen.ask({ ask: 'menu' });
    expect(prints.splice(0)).toEqual(['(2 mensagens DIGEST e DIGEST_OF resumidas: relógio 0 → 3)']);
    report(...digest(4));
    expect(prints.splice(0)).toEqual(['Comparando o SHA-256 do que os peers oferecem.']);
    report({
      event: 'message-received',
      from: A3,
      type: 'LS',
      args: [],
      clock: 1,
      clockAfter: 5,
      reply: false,
    });
    report({ event: 'clock-updated', clock: 5, cause: 'receive' });
    expect(prints.splice(0)).toEqual([
      '(1 mensagem DIGEST resumida: relógio 3 → 4)',
      'Mensagem recebida: "127.0.0.1:5003 1 LS"',
      '=> Atualizando relogio para 5',
    ]);
    report(...digest(6), { event: 'leaving', cause: 'menu' });
    expect(prints.slice(-2)).toEqual(['(1 mensagem DIGEST resumida: relógio 5 → 6)', 'Saindo...']);
  });

  it('explains every tick: from line to line no clock is missing', () => {
    const { report, prints } = open();
    const clocks = [
      ...fetched(65, 5),
      ...fetched(4, 8),
      ...fetched(65, 11),
      ...fetched(65, 14),
      ...fetched(2, 17),
    ];
    report({ event: 'clock-updated', clock: 4, cause: 'send' }, ...clocks, {
      event: 'leaving',
      cause: 'menu',
    });
    let clock = 3;
    for (const line of prints) {
      const [, alone] = /^=> Atualizando relogio para (\d+)$/.exec(line) ?? [];
      const [, from, to] = /relógio (\d+) → (\d+)\)$/.exec(line) ?? [];
      if (from !== undefined) expect(Number(from)).toBe(clock);
      // A receive is one more than the larger clock: the sender's was our own plus one.
      else if (alone !== undefined) expect(Number(alone) - clock).toBeLessThanOrEqual(2);
      clock = Number(to ?? alone ?? clock);
    }
    expect(clock).toBe(19);
  });

  it('accounts for them once a second has brought no more', () => {
    const { report, prints } = open();
    report(...fetched(65, 5));
    vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS / 2);
    report(...fetched(65, 8));
    vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS / 2);
    expect(prints).toEqual([]);
    vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS);
    expect(prints).toEqual(['(4 mensagens DL e FILE resumidas: relógio 4 → 10)']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells on a screen how a small upload that has lasted has ended, and nothing of a short one', () => {
    for (const [isLive, seconds, lines] of [
      [true, 0.4, []],
      [true, 1.5, ['Enviado a.txt para 127.0.0.1:5002: 512 bytes em 1,50 s.']],
      [false, 1.5, []],
    ] as const) {
      const { report, prints, time } = open({ isLive, width: isLive ? 80 : Infinity });
      report(...served(2, A2, 'a.txt'));
      time.now = seconds * 1000;
      report(...served(2, A2, 'a.txt'));
      prints.length = 0;
      vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS);
      expect(prints).toEqual(lines);
    }
  });

  it('tells who downloads from us, and how much it was in the end', () => {
    const { report, prints, time } = open();
    report(...served(65, A2), ...served(65, A3));
    expect(prints.splice(0)).toEqual([
      'Enviando arquivo big.bin para 127.0.0.1:5002 em 65 chunks (mensagens resumidas; --mensagens todas mostra cada uma).',
      'Enviando arquivo big.bin para 127.0.0.1:5003 em 65 chunks.',
    ]);
    time.now = 1_000;
    for (let at = 1; at < 65; at += 1) report(...served(65, A2));
    vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS);
    expect(prints.splice(0)).toEqual(['Enviado big.bin para 127.0.0.1:5002: 16640 bytes em 1,00 s.']);
    vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS);
    expect(prints.splice(0)).toEqual(['(132 mensagens DL e FILE resumidas: relógio 0 → 3)']);
    time.now = 11_000;
    vi.advanceTimersByTime(ACCOUNT_INTERVAL_MS);
    expect(prints.splice(0)).toEqual([
      'Enviado big.bin para 127.0.0.1:5003: 256 bytes, 1 de 65 chunks em 0,00000 s.',
    ]);
    expect(vi.getTimerCount()).toBe(0);
    report(...served(65, A2));
    expect(prints).toEqual(['Enviando arquivo big.bin para 127.0.0.1:5002 em 65 chunks.']);
  });

  it('remembers so many downloads from us and no more', () => {
    const { report, prints } = open();
    for (let at = 0; at <= 256; at += 1) report(...served(65, A2, `${at}`));
    prints.length = 0;
    report(...served(65, A2, '256'), ...served(65, A2, '1'), ...served(65, A2, '0'));
    expect(prints).toEqual(['Enviando arquivo 0 para 127.0.0.1:5002 em 65 chunks.']);
  });
});

describe('Screen, where all messages are shown', () => {
  it('tells the status of the neighbour after each message, once', () => {
    const { report, prints } = open({ messages: 'todas' });
    report(...HELLO, { event: 'neighbour-added', neighbour: A2, status: 'ONLINE' });
    expect(prints.splice(0)).toEqual([...HELLO_LINES, 'Adicionando novo peer 127.0.0.1:5002 status ONLINE']);
    report(...HELLO, ...served(4).slice(0, 2));
    const online = 'Atualizando peer 127.0.0.1:5002 status ONLINE';
    expect(prints.splice(0)).toEqual([
      ...HELLO_LINES,
      online,
      'Mensagem recebida: "127.0.0.1:5002 1 DL big.bin 256 0"',
      '=> Atualizando relogio para 2',
      online,
    ]);
    report(
      { event: 'message-received', from: A2, type: 'BYE', args: [], clock: 3, clockAfter: 4, reply: false },
      { event: 'clock-updated', clock: 4, cause: 'receive' },
      { event: 'neighbour-status-changed', neighbour: A2, status: 'OFFLINE' },
    );
    expect(prints.slice(2)).toEqual(['Atualizando peer 127.0.0.1:5002 status OFFLINE']);
  });
});

describe('Screen, in colour', () => {
  const colored = (...events: AppEvent[]) => {
    const { report, prints } = open({ colorLevel: 1, messages: 'todas' });
    report(...events);
    return prints.map((text) => /^\x1b\[(\d+)m/.exec(text)?.[1]);
  };

  it('has the same text', () => {
    const plain = open({ messages: 'todas' });
    const { report, prints } = open({ colorLevel: 1, messages: 'todas' });
    plain.report(...EVENTS);
    report(...EVENTS);
    expect(prints.map((text) => text.replace(/\x1b\[\d+m/g, ''))).toEqual(plain.prints);
  });

  it('shows the number of the clock in bold, and nothing dim', () => {
    const { report, prints } = open({ colorLevel: 1 });
    report({ event: 'clock-updated', clock: 1, cause: 'send' }, ...HELLO);
    expect(prints[0]).toBe('=> Atualizando relogio para \x1b[1m1\x1b[22m');
  });

  it('tells requests from replies, and ours from those of others', () => {
    const sent = { event: 'message-sent', to: A2, type: 'LS', args: [], clock: 1 } as const;
    const received = {
      event: 'message-received',
      from: A2,
      type: 'LS',
      args: [],
      clock: 1,
      clockAfter: 2,
    } as const;
    const kinds = [sent, received].flatMap((event) => [
      { ...event, reply: false },
      { ...event, reply: true },
    ]);
    expect(colored(...kinds)).toEqual(['36', '94', '35', '92']);
  });

  it.each([
    ['green', { event: 'source-added', name: 'a', source: A2 }, '32'],
    ['yellow', { event: 'source-excluded', name: 'a', source: A2 }, '33'],
    ['red', { event: 'local-files-not-read', code: 'io', path: 'a' }, '31'],
    ['none', { event: 'leaving', cause: 'menu' }, undefined],
  ] as const)('%s', (_, event, code) => {
    expect(colored(event)).toEqual([code]);
  });
});
