import xterm, { type IBufferCell } from '@xterm/headless';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import { drawWindows, type Piece, type Window } from './window-drawing.ts';

/**
 * The picture of the front page: three real peers of this build, each on a pseudo-terminal of its own (util-linux's
 * `script`). One is driven through its menu until it has fetched a file from the two others; what then stands on the three
 * screens is drawn into `docs/tres-peers.svg`, colours included. Takes the ports 5001 to 5003.
 */

const PICTURE = join(import.meta.dirname, '../../docs/tres-peers.svg');
const COLUMNS = 120;
const ROWS = 60;
const PATIENCE_MS = 10_000;
/** Three chunks of 256 bytes, the last one short. */
const NUMBERS = Array.from({ length: 200 }, (_, i) => `${i + 1}\n`).join('');

class Screen {
  readonly #xterm = new xterm.Terminal({
    cols: COLUMNS,
    rows: ROWS,
    scrollback: 1000,
    allowProposedApi: true,
  });
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(home: string, command: string) {
    const line = `stty cols ${COLUMNS} rows ${ROWS}; exec "${process.execPath}" "${PROGRAM}" ${command}`;
    const env = { ...process.env, NO_COLOR: '', TERM: 'xterm-256color', SHELL: '/bin/sh' };
    this.#child = spawn('script', ['-qfec', line, '/dev/null'], {
      cwd: home,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (data: Buffer) => this.#xterm.write(data));
    this.#exit = once(this.#child, 'exit');
  }

  /** Types a line as a person does, and waits until the screen shows that text so many times. */
  async type(line: string, text: string, times = 1): Promise<void> {
    this.#child.stdin?.write(`${line}\r`);
    await this.until(text, times);
  }

  async until(text: string, times = 1): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.texts().join('\n').split(text).length <= times) {
      if (performance.now() > deadline) throw new Error(`no "${text}" in\n${this.texts().join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Everything on the screen, scrolled away or not. */
  texts(): string[] {
    const { active } = this.#xterm.buffer;
    return Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true) ?? '',
    );
  }

  /** The rows of that range in pieces of one colour each. */
  drawn(from: number, to: number): Piece[][] {
    const { active } = this.#xterm.buffer;
    return Array.from({ length: to - from }, (_, i) => {
      const line = active.getLine(from + i);
      const pieces: Piece[] = [];
      for (let column = 0; column < (line?.translateToString(true).length ?? 0); column++) {
        const cell = line?.getCell(column);
        if (cell === undefined || cell.getWidth() === 0) continue;
        const style = styleOf(cell);
        const last = pieces.at(-1);
        const text = cell.getChars() || ' ';
        if (last?.style === style) pieces[pieces.length - 1] = { ...last, text: last.text + text };
        else pieces.push({ column, style, text });
      }
      return pieces;
    });
  }

  async end(): Promise<void> {
    this.#child.stdin?.write('9\r');
    await this.#exit;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** The classes of a cell in the drawing: `c0` to `c15` for its colour, `bold`, `dim`. */
function styleOf(cell: IBufferCell): string {
  const color = cell.isFgPalette() ? `c${cell.getFgColor()}` : '';
  return [color, cell.isBold() ? 'bold' : '', cell.isDim() ? 'dim' : '']
    .filter((word) => word !== '')
    .join(' ');
}

/** The last rows of a screen that only serves, above its prompt. */
function tail(screen: Screen, rows: number): Piece[][] {
  const end = screen.texts().findLastIndex((text) => text.startsWith('>'));
  return screen.drawn(end - rows, end);
}

const home = await mkdtemp(join(tmpdir(), 'eachare-'));
const screens: Screen[] = [];
const start = async (port: number, name: string, neighbour: string): Promise<Screen> => {
  await mkdir(join(home, name));
  if (name !== 'ana') await writeFile(join(home, name, 'numeros.txt'), NUMBERS);
  await writeFile(join(home, `${name}.txt`), neighbour);
  const screen = new Screen(home, `127.0.0.1:${port} ${name}.txt ${name}`);
  screens.push(screen);
  await screen.until('[9] Sair');
  return screen;
};
try {
  const caio = await start(5003, 'caio', '');
  const bia = await start(5002, 'bia', '127.0.0.1:5003\n');
  const ana = await start(5001, 'ana', '127.0.0.1:5002\n');
  await ana.type('2', '[9] Sair', 2);
  await ana.type('2', '[9] Sair', 3);
  await ana.type('4', 'para fazer o download:');
  await ana.type('1', '  SHA-256: ');
  const shown = ana.texts();
  const from = shown.findLastIndex((text) => text.startsWith('> 4'));
  const to = shown.findLastIndex((text) => text.includes('  SHA-256: ')) + 1;
  const title = (name: string, port: number): string =>
    `${name}: eachare 127.0.0.1:${port} ${name}.txt ${name}`;
  const windows: Window[] = [
    { title: title('ana', 5001), rows: ana.drawn(from, to) },
    { title: title('bia', 5002), rows: tail(bia, 8) },
    { title: title('caio', 5003), rows: tail(caio, 8) },
  ];
  await writeFile(PICTURE, drawWindows(windows, COLUMNS));
  for (const screen of screens.toReversed()) await screen.end();
  console.log(PICTURE);
} finally {
  for (const screen of screens) screen.kill();
  await rm(home, { recursive: true, force: true });
}
