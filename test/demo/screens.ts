import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { DrawnScreen, type Size } from './drawn-screen.ts';
import { drawWindows } from './window-drawing.ts';

/**
 * The pictures of `docs/telas.md`: five screens of real peers, drawn into `docs/telas/`, colours included. The links to the
 * peers that serve are slow ones, and one is cut and mended, so that there is something to be seen. Takes the ports 5001 to 5003,
 * and 5012 and 5013 for the links.
 */

const DOCS = join(import.meta.dirname, '../../docs/telas');
const USUAL: Size = { columns: 80, rows: 24 };
const WIDE: Size = { columns: 120, rows: 40 };
const NARROW: Size = { columns: 40, rows: 20 };
const MIB = 1024 * 1024;

const home = await mkdtemp(join(tmpdir(), 'eachare-'));
await mkdir(DOCS, { recursive: true });
const screens: DrawnScreen[] = [];
const drawn: string[] = [];

/** A peer in a folder of its name, with that size of its screen. */
async function start(
  name: string,
  args: string,
  neighbours: readonly string[],
  size: Size,
): Promise<DrawnScreen> {
  await mkdir(join(home, name), { recursive: true });
  await writeFile(join(home, `${name}.txt`), neighbours.map((line) => `${line}\n`).join(''));
  const screen = new DrawnScreen(home, `${args} ${name}.txt ${name}`, size);
  screens.push(screen);
  await screen.until('[9] Sair');
  return screen;
}

async function draw(name: string, title: string, screen: DrawnScreen, { columns }: Size): Promise<void> {
  const path = join(DOCS, `${name}.svg`);
  await writeFile(path, drawWindows([{ title, rows: screen.view() }], columns));
  drawn.push(path);
}

const progress = (rows: readonly string[]): boolean =>
  rows.some((row) => /^imagem\.iso {2}█{3,}.*MiB\/s {2}resta/.test(row));
const isIdle = (rows: readonly string[]): boolean => rows.at(-1)?.trimEnd() === 'comando>';

const image = randomBytes(12 * MIB);
const links: FaultProxy[] = [];
try {
  const bia = await start('bia', '127.0.0.1:5002', [], USUAL);
  await start('caio', '127.0.0.1:5003', [], USUAL);
  for (const name of ['bia', 'caio']) await writeFile(join(home, name, 'imagem.iso'), image);
  await writeFile(
    join(home, 'bia', 'Lista de exercícios 3 – relógios lógicos e ordem causal.pdf'),
    randomBytes(81_234),
  );
  await writeFile(join(home, 'caio', 'aula 4.txt'), 'relógios\n');
  const slow = (bytesPerSecond: number) => ({ toClient: { bytesPerSecond } });
  links.push(await FaultProxy.start(5002, slow(1.3 * MIB), 5012));
  links.push(await FaultProxy.start(5003, slow(0.6 * MIB), 5013));
  const neighbours = links.map(({ address }) => address);
  const ana = await start('ana', '--chunk 65536 127.0.0.1:5001', neighbours, USUAL);
  await ana.type('2', '[9] Sair', 2);
  await ana.type('4', 'para fazer o download:');
  await ana.untilRows((rows) => rows.at(-1)?.trimEnd() === 'arquivo>');
  await draw('busca', 'ana: [4] Buscar arquivos, 80 x 24', ana, USUAL);

  ana.press('3\r');
  await ana.untilRows(
    (rows) => progress(rows) && rows.filter((row) => /^ {2}127.*[KM]iB\/s/.test(row)).length === 2,
  );
  await draw('download', 'ana: um download de dois peers, 80 x 24', ana, USUAL);
  await bia.untilRows((rows) => rows.some((row) => row.includes('↑ imagem.iso')));
  await draw('envio', 'bia: envia a ana, e continua no menu, 80 x 24', bia, USUAL);

  for (const link of links.splice(0)) await link.close();
  await ana.untilRows((rows) => /esperando por fontes….*ninguém online/s.test(rows.join('\n')));
  await draw('espera', 'ana: as duas fontes sumiram, 80 x 24', ana, USUAL);
  ana.press('\x03');
  await ana.untilRows(isIdle);

  links.push(await FaultProxy.start(5002, {}, 5012));
  const dora = await start('dora', '127.0.0.1:5004', ['127.0.0.1:5012'], NARROW);
  await dora.type('2', '[9] Sair', 2);
  await dora.untilRows((rows) => isIdle(rows) && rows.some((row) => /\d online/.test(row)));
  await draw('estreita', 'dora, 40 x 20', dora, NARROW);

  const eva = await start('eva', '127.0.0.1:5005', ['127.0.0.1:5002', '127.0.0.1:5003'], WIDE);
  await eva.type('2', '[9] Sair', 2);
  await eva.type('5', '[9] Sair', 3);
  await eva.untilRows(isIdle);
  await draw('estatisticas', 'eva: [5] Exibir estatísticas, 120 x 40', eva, WIDE);

  console.log(drawn.join('\n'));
} finally {
  // Their terminals are gone, and so they end.
  for (const screen of screens) screen.kill();
  for (const link of links) await link.close();
  await rm(home, { recursive: true, force: true });
}
