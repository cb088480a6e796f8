import { describe, expect, it, onTestFinished } from 'vitest';
import type { AppEvent, FoundFileView } from '../../../src/events.ts';
import { Screen } from '../../../src/terminal/screen.ts';
import { Terminal } from '../../../src/terminal/terminal.ts';
import { Emulator } from '../../helpers/emulator.ts';
import { A1, A2, A3 } from './addresses.ts';
import { FakeKeys } from './fake-keys.ts';

const MIB = 1024 * 1024;

/** A person's screen, with colours, from the first event on. */
function open(columns: number, rows: number) {
  const input = new FakeKeys();
  const emulator = new Emulator(columns, rows);
  const terminal = new Terminal({ input, output: emulator, env: {} });
  onTestFinished(() => terminal.close());
  const screen = new Screen({
    terminal,
    address: () => A1,
    messages: 'resumo',
    online: () => [
      { address: A2, status: 'ONLINE', clock: 3 },
      { address: A3, status: 'ONLINE', clock: 12 },
    ],
  });
  const report = (...events: AppEvent[]) => {
    for (const event of events) screen.report(event);
  };
  report({ event: 'peer-started', address: A1 });
  onTestFinished(() => screen.report({ event: 'peer-stopped' }));
  const type = async (keys: string) => {
    input.write(keys);
    await new Promise(setImmediate);
  };
  return { emulator, screen, report, type };
}

/** The rows with their styles. */
async function styled(emulator: Emulator) {
  const rows = await emulator.seen();
  return Promise.all(rows.map((_, row) => emulator.pieces(row)));
}

const RECEIVED: AppEvent[] = [
  { event: 'message-received', from: A2, type: 'LS_LIST', args: ['0'], clock: 3, clockAfter: 4, reply: true },
  { event: 'clock-updated', clock: 4, cause: 'receive' },
];
const FOUND: FoundFileView[] = [
  { name: 'Lista de exercícios 3, relógios lógicos.pdf', size: 81_234, sources: [A2] },
  { name: 'imagem.iso', size: 200 * MIB, sources: [A2, A3] },
];
const PROGRESS: AppEvent = {
  event: 'download-progressed',
  name: 'imagem.iso',
  size: 200 * MIB,
  bytes: 86 * MIB,
  resumed: 0,
  chunks: 3,
  seconds: 40,
  sources: [
    { source: A2, bytes: 60 * MIB, bytesPerSecond: 1.5 * MIB },
    { source: A3, bytes: 26 * MIB, bytesPerSecond: 0.5 * MIB },
  ],
};

describe('a whole screen', () => {
  it('shows the table of a search, the status row in inverse, and the question, in 80 columns', async () => {
    const { emulator, screen, report, type } = open(80, 24);
    report(...RECEIVED);
    void screen.ask({ ask: 'file', found: FOUND });
    await type('2');
    expect(await styled(emulator)).toEqual([
      [['', 'Peer iniciado em 127.0.0.1:5001']],
      [['c10', 'Resposta recebida: "127.0.0.1:5002 3 LS_LIST 0"']],
      [
        ['', '=> Atualizando relogio para '],
        ['bold', '4'],
      ],
      [['', 'Arquivos encontrados na rede:']],
      [['', 'Nome                                |   Tamanho | Peer']],
      [['', '------------------------------------+-----------+-------------------------------']],
      [['', '[0] <Cancelar>                      |           |']],
      [['', '[1] Lista de exercícios 3, relógios |  79,3 KiB | 127.0.0.1:5002']],
      [['', '    lógicos.pdf                     |           |']],
      [['', '[2] imagem.iso                      | 200,0 MiB | 127.0.0.1:5002, 127.0.0.1:5003']],
      [['', 'Digite o numero do arquivo para fazer o download:']],
      [['inverse', ' 127.0.0.1:5001 │ relógio 4 │ online: 127.0.0.1:5002 (3) 127.0.0.1:5003 (12) ']],
      [['', 'arquivo> 2']],
    ]);
  });

  it.each([
    [
      40,
      20,
      [
        'imagem.iso   43%  2,0 MiB/s  resta 57 s',
        '  127.0.0.1:5002 1,5 MiB/s',
        '  127.0.0.1:5003 512,0 KiB/s',
      ],
      '127.0.0.1:5001 │ relógio 4 │ 2 online …',
    ],
    [
      80,
      24,
      [
        'imagem.iso  ██████░░░░░░░░░   43%  86,0 MiB de 200,0 MiB  2,0 MiB/s  resta 57 s',
        '  127.0.0.1:5002 1,5 MiB/s',
        '  127.0.0.1:5003 512,0 KiB/s',
      ],
      ' 127.0.0.1:5001 │ relógio 4 │ online: :5002 (3) :5003 (12) │ ↓ imagem.iso 43% ',
    ],
    [
      120,
      40,
      [
        'imagem.iso  ██████░░░░░░░░░░   43%  86,0 MiB de 200,0 MiB  2,0 MiB/s  resta 57 s  2 peers',
        '  127.0.0.1:5002 1,5 MiB/s',
        '  127.0.0.1:5003 512,0 KiB/s',
      ],
      ' 127.0.0.1:5001 │ relógio 4 │ online: 127.0.0.1:5002 (3) 127.0.0.1:5003 (12) │ ↓ imagem.iso 43% ',
    ],
  ])('shows the bar of a download over the status row in %d x %d', async (columns, rows, bar, row) => {
    const { emulator, report } = open(columns, rows);
    report(...RECEIVED, PROGRESS);
    // The row is made at most once an interval; the screen of another width has it anew.
    emulator.resize(columns + 1);
    emulator.resize(columns);
    const seen = await styled(emulator);
    expect(seen.slice(-bar.length - 1)).toEqual([...bar.map((text) => [['', text]]), [['inverse', row]]]);
    report({ event: 'leaving', cause: 'menu' });
  });

  it('keeps a line half typed whole in a flood of messages, below one status row', async () => {
    const { emulator, screen, report, type } = open(80, 24);
    void screen.ask({ ask: 'menu' });
    for (const key of 'quase 9') {
      await type(key);
      for (let times = 0; times < 50; times += 1) report(...RECEIVED);
      const rows = await emulator.seen();
      expect(rows.filter((text) => text.startsWith('comando>'))).toHaveLength(1);
      expect(rows.filter((text) => text.includes('│ relógio'))).toHaveLength(1);
    }
    expect((await emulator.seen()).at(-1)).toBe('comando> quase 9');
  });
});
