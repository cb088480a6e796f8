import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrawnScreen } from './drawn-screen.ts';
import { drawWindows, type Piece, type Window } from './window-drawing.ts';

/**
 * The picture of the front page: three real peers of this build, each on a pseudo-terminal of its own (util-linux's
 * `script`). One is driven through its menu until it has fetched a file from the two others; what then stands on the three
 * screens is drawn into `docs/tres-peers.svg`, colours included. Takes the ports 5001 to 5003.
 */

const PICTURE = join(import.meta.dirname, '../../docs/tres-peers.svg');
const SIZE = { columns: 120, rows: 60 };
/** Three chunks of 256 bytes, the last one short. */
const NUMBERS = Array.from({ length: 200 }, (_, i) => `${i + 1}\n`).join('');

/** The last rows of a screen that only serves, with its status row, above its prompt. */
function tail(screen: DrawnScreen, rows: number): Piece[][] {
  const end = screen.texts().findLastIndex((text) => text.startsWith('comando>'));
  return screen.drawn(end - rows, end);
}

const home = await mkdtemp(join(tmpdir(), 'eachare-'));
const screens: DrawnScreen[] = [];
const start = async (port: number, name: string, neighbour: string): Promise<DrawnScreen> => {
  await mkdir(join(home, name));
  if (name !== 'ana') await writeFile(join(home, name, 'numeros.txt'), NUMBERS);
  await writeFile(join(home, `${name}.txt`), neighbour);
  const screen = new DrawnScreen(home, `127.0.0.1:${port} ${name}.txt ${name}`, SIZE);
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
  await bia.untilFresh();
  await caio.untilFresh();
  const shown = ana.texts();
  const from = shown.findLastIndex((text) => text.startsWith('comando> 4'));
  const to = shown.findLastIndex((text) => text.includes('  SHA-256: ')) + 1;
  const title = (name: string, port: number): string =>
    `${name}: eachare 127.0.0.1:${port} ${name}.txt ${name}`;
  const windows: Window[] = [
    { title: title('ana', 5001), rows: ana.drawn(from, to) },
    { title: title('bia', 5002), rows: tail(bia, 8) },
    { title: title('caio', 5003), rows: tail(caio, 8) },
  ];
  await writeFile(PICTURE, drawWindows(windows, SIZE.columns));
  for (const screen of screens.toReversed()) await screen.end();
  console.log(PICTURE);
} finally {
  for (const screen of screens) screen.kill();
  await rm(home, { recursive: true, force: true });
}
