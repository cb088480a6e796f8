import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../../src/events.ts';
import { PROGRESS_LINE_INTERVAL_MS } from '../../../src/limits.ts';
import { Screen, type ScreenOptions } from '../../../src/terminal/screen.ts';
import { A1, A2, A3 } from './addresses.ts';
import { STARTED } from './download-samples.ts';
import { LazyReceived, LazySent } from './lazy-messages.ts';
import { SAMPLES } from './samples.ts';

function open(
  options: Partial<ScreenOptions> & { isLive?: boolean; colorLevel?: 0 | 1; width?: number } = {},
) {
  const { isLive = false, colorLevel = 0, width = Infinity, ...rest } = options;
  const prints: string[] = [];
  const statuses: (string | undefined)[] = [];
  const asked: string[] = [];
  const time = { now: 0 };
  const screen = new Screen({
    terminal: {
      isLive,
      colorLevel,
      width,
      print: (text) => prints.push(text),
      status: (line) => statuses.push(line),
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
  return { screen, prints, statuses, asked, time, report };
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
    { event: 'message-sent', to: from, type: 'FILE', ...both, clock: 3, reply: true },
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

function progressed(bytes: number, chunks = 65_536): AppEvent {
  return {
    event: 'download-progressed',
    name: 'big.bin',
    size: 2 ** 24,
    bytes,
    chunks,
    resumed: 0,
    seconds: 1,
    sources: [{ source: A2, bytes, bytesPerSecond: bytes }],
  };
}

describe('Screen', () => {
  it('prints every event that has lines, in one piece', () => {
    const { report, prints } = open({ messages: 'todas' });
    const shown = SAMPLES.filter(
      ([event]) => event.event !== 'clock-updated' && event.event !== 'download-progressed',
    );
    report(...shown.map(([event]) => event));
    expect(prints).toEqual(shown.map(([, lines]) => lines.join('\n')).filter((text) => text !== ''));
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
    expect(prints).toEqual(HELLO_LINES);
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

  it('tells once that somebody downloads a large file from us', () => {
    const { report, prints, time } = open();
    const line = (peer: string) =>
      `Enviando arquivo big.bin para ${peer} em 65536 chunks (mensagens resumidas; --mensagens todas mostra cada uma).`;
    report(...served(65_536), ...served(65_536), ...served(65_536, A3), ...served(65_536));
    expect(prints).toEqual([line(A2), line(A3)]);
    time.now = 9_000;
    report(...served(65_536));
    time.now = 18_000;
    report(...served(65_536));
    expect(prints).toHaveLength(2);
    time.now = 28_000;
    report(...served(65_536));
    expect(prints).toEqual([line(A2), line(A3), line(A2)]);
  });

  it('leaves out messages at next to no cost', () => {
    const { report, prints } = open();
    const events = [...fetched(65_536, 5), ...served(65_536)];
    const start = performance.now();
    for (let at = 0; at < 20_000; at += 1) report(...events);
    expect(performance.now() - start).toBeLessThan(500);
    expect(prints).toHaveLength(1);
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

  it('shows progress in the status line of a screen, and takes it away', () => {
    const { report, prints, statuses } = open({ isLive: true, width: 50 });
    report(BIG, progressed(0), progressed(2 ** 23));
    report({
      event: 'download-failed',
      name: 'big.bin',
      code: 'aborted',
      missing: [],
      chunks: 65_536,
      kept: 0,
    });
    expect(statuses).toEqual([
      'big.bin    0%  0 bytes de 16,0 MiB  0 bytes/s',
      'big.bin   50%  8,0 MiB de 16,0 MiB  8,0 MiB/s',
      undefined,
    ]);
    expect(prints).toEqual([
      'Baixando big.bin: 16,0 MiB (16777216 bytes) em 65536 chunks de até 256 bytes, de 1 peer. ' +
        '(mensagens resumidas; --mensagens todas mostra cada uma)',
      'Download do arquivo big.bin falhou: cancelado.',
    ]);
  });

  it('shows progress on a pipe as a line now and then', () => {
    const { report, prints, time } = open({ messages: 'todas' });
    report(BIG);
    for (time.now = 0; time.now <= 2 * PROGRESS_LINE_INTERVAL_MS; time.now += 200)
      report(progressed(time.now));
    expect(prints.slice(1)).toHaveLength(2);
    expect(prints[1]).toMatch(/^big\.bin {4}0% {2}2,0 KiB de 16,0 MiB/);
  });

  it('shows no progress of a download whose messages are shown', () => {
    const { report, prints, statuses, time } = open({ isLive: true });
    time.now = 1e6;
    report(progressed(1, 64));
    expect([...prints, ...statuses]).toEqual([]);
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

  it('colours by what an event means, around the same text', () => {
    const { report, prints } = open({ colorLevel: 1, messages: 'todas' });
    report(...SAMPLES.map(([event]) => event));
    expect(prints).toContain('\x1b[32mAtualizando peer 127.0.0.1:5002 status ONLINE\x1b[39m');
    expect(prints).toContain('\x1b[2m=> Atualizando relogio para 7\x1b[22m');
    const plain = prints.join('\n').replace(/\x1b\[\d+m/g, '');
    expect(plain).toContain('Encaminhando mensagem "127.0.0.1:5001 7 LS" para 127.0.0.1:5002');
    expect(plain).not.toContain('\x1b');
  });

  it('asks in words', async () => {
    const { screen, asked } = open();
    expect(await screen.ask({ ask: 'chunk-size' })).toBe('1');
    expect(asked).toEqual(['Digite novo tamanho de chunk:\n> ']);
  });
});
