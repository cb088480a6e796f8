import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plan, seededRandom } from '../../src/experiment/plan.ts';
import { PseudoTerminal } from '../helpers/pseudo-terminal.ts';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import { until } from '../helpers/until.ts';

/** What students write, as a command line for `--programa`. */
const TSX = fileURLToPath(import.meta.resolve('tsx'));
const TINY = join(import.meta.dirname, '../helpers/tiny-program.ts');
const tiny = (habit = '') =>
  `"${process.execPath}" --import "${TSX}" "${TINY}" {endereco} {vizinhos} {pasta} ${habit}`;

const SMALL = ['--chunks', '256,1024', '--peers', '1,2', '--tamanhos', '10k', '--repeticoes', '2'];
/** Longer than any test waits. */
const LONG = ['--chunks', '256', '--peers', '2', '--tamanhos', '100k', '--repeticoes', '1000'];

let folder: string;
/** Where the experiment may put what it forgets. */
let temporary: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eachare-medidas-'));
  temporary = join(folder, 'tmp');
  await mkdir(temporary);
});
afterEach(async () => {
  // Both hold for every test, however it went.
  // The cache of tsx is not ours.
  expect((await readdir(temporary)).filter((name) => !name.startsWith('tsx-'))).toEqual([]);
  expect(await processesOf(temporary)).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

/** Processes whose command line names that folder; those of the experiment do. */
async function processesOf(path: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const line = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : '';
    if (line.includes(`${path}/`)) found.push(Number(name));
  }
  return found;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], limit = ':') {
    const line = ['-c', `${limit} && exec "$0" "$@"`, process.execPath, PROGRAM, 'experimento', ...args];
    this.process = spawn('sh', line, { cwd: folder, env: { ...process.env, TMPDIR: temporary } });
    let [stdout, stderr] = ['', ''];
    this.process.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    this.ended = once(this.process, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  }

  /** Waits for that many serving processes, and returns one of them. */
  async source(count: number): Promise<number> {
    let found: number[] = [];
    const look = setInterval(() => void processesOf(temporary).then((pids) => (found = pids)), 20);
    await until(() => found.length >= count, 10_000, `${count} sources`);
    clearInterval(look);
    return found[0]!;
  }
}

const experiment = (...args: readonly string[]) => new Running(args).ended;

async function rows(name: string): Promise<string[][]> {
  const text = await readFile(join(folder, name), 'utf8');
  const lines = text.replace('\uFEFF', '').trimEnd().split('\r\n');
  return lines.slice(1).map((line) => line.split(';'));
}

describe('eachare experimento', () => {
  it('measures every triple in the order that the seed says', async () => {
    const { code, stdout, stderr } = await experiment(...SMALL, '-o', 'm', '--semente', '11');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Semente: 11\n12 downloads/);
    const settings = { chunkSizes: [256, 1024], peerCounts: [1, 2], fileSizes: [10_240], repetitions: 2 };
    const planned = plan(settings, ['eachare'], seededRandom(11))
      .flatMap(({ downloads }) => downloads)
      .map((each, index) => [index + 1, each.chunkSize, each.peers, each.fileSize, each.repetition])
      .filter((each) => each[4] !== 0);
    const measured = await rows('m/medidas.csv');
    expect(measured.map((row) => [0, 2, 3, 4, 5].map((column) => Number(row[column])))).toEqual(planned);
    for (const [, program, chunk, , , , seconds = '', bytes, messages] of measured) {
      expect([program, bytes]).toEqual(['eachare', '10240']);
      expect(seconds).toMatch(/^\d+,\d{6}$/);
      // A DL and a FILE for each chunk.
      expect(Number(messages)).toBe((2 * 10_240) / Number(chunk));
    }
    expect(await rows('m/resumo.csv')).toHaveLength(4);
    expect((await readdir(join(folder, 'm'))).sort()).toEqual(
      ['ganho-eachare.svg', 'medidas.csv', 'relatorio.html', 'resumo.csv', 'tempo-eachare.svg'].sort(),
    );
    const report = await readFile(join(folder, 'm/relatorio.html'), 'utf8');
    for (const text of ['--semente 11', '<td>11</td>', process.version.slice(1), '<svg '])
      expect(report).toContain(text);
  });

  it('puts links of a delay between the peers', async () => {
    const args = [...SMALL, '-o', 'm', '--atraso', '5', '--banda', '10M', '--repeticoes', '1'];
    const { code, stderr } = await experiment(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const measured = await rows('m/medidas.csv');
    expect(measured).toHaveLength(4);
    // A round trip to connect and one for DL and FILE: never less.
    for (const row of measured) expect(Number(row[6]!.replace(',', '.'))).toBeGreaterThanOrEqual(0.02);
    expect(await readFile(join(folder, 'm/relatorio.html'), 'utf8')).toContain('5 ms e 10 Mbit/s');
  });

  it('writes nothing over what is there', async () => {
    await mkdir(join(folder, 'cheia'));
    await writeFile(join(folder, 'cheia/medidas.csv'), 'meu');
    const { code, stderr } = await experiment(...SMALL, '-o', 'cheia');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'eachare experimento: -o: "cheia" já existe e não será sobrescrito (veja eachare experimento --ajuda)\n',
    );
    expect(await readdir(join(folder, 'cheia'))).toEqual(['medidas.csv']);
  });

  it.each([
    ['nada/m', 'não encontrado'],
    ['/proc/m', ''],
  ])('says that the folder %s cannot be made', async (path, why) => {
    const { code, stderr } = await experiment(...SMALL, '-o', path);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^eachare experimento: -o: "${path}" ${why}[^\n]*\n$`));
  });

  it('shows how far it is on a terminal, and keeps what was measured at Ctrl-C', async () => {
    const line = [process.execPath, PROGRAM, 'experimento', ...LONG, '-o', join(folder, 'm')].join(' ');
    const terminal = new PseudoTerminal(line, { TMPDIR: temporary });
    const progress = /^[█░]{24} ([4-9]|\d{2,}) de 1001, faltam .* \| eachare/;
    await terminal.until((shown) => shown.some((row) => progress.test(row)));
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    await terminal.until((shown) => shown.some((row) => row === 'eachare experimento: interrompido'));
    expect((await rows('m/medidas.csv')).length).toBeGreaterThan(0);
    expect(await rows('m/resumo.csv')).toHaveLength(1);
    expect(await readFile(join(folder, 'm/relatorio.html'), 'utf8')).toMatch(
      /\d+ downloads de 1000 não foram/,
    );
  });

  it('leaves nothing at a SIGTERM before the first measurement', async () => {
    const running = new Running([...SMALL, '-o', 'm', '--programa', 'sleep 1000 # {endereco} {pasta}']);
    await running.source(1);
    running.process.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 143, stderr: 'eachare experimento: interrompido\n' });
    expect(await readdir(folder)).toEqual(['tmp']);
  });

  it('says which source was killed', async () => {
    const running = new Running([...LONG, '-o', 'm']);
    process.kill(await running.source(2), 'SIGKILL');
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^eachare experimento: a fonte [12] de 2 terminou por SIGKILL\n$/);
  });

  it('says what a disk that is full does to it', async () => {
    const running = new Running([...SMALL, '-o', 'm'], 'ulimit -f 8');
    const { code, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^eachare experimento: "[^\n]*experimento-10240.bin" tamanho acima[^\n]*\n$/);
    expect(await readdir(folder)).toEqual(['tmp']);
  });
});

describe('eachare experimento --programa', () => {
  it('measures another program, beside ours', async () => {
    const args = ['-o', 'm', '--programa', tiny(), '--comparar', '--csv', 'virgula'];
    const { code, stderr } = await experiment(...SMALL, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const groups = (await rows('m/resumo.csv')).map(([program, chunk, peers]) =>
      [program, chunk, peers].join(' '),
    );
    expect(groups).toEqual(
      ['eachare', 'programa'].flatMap((program) =>
        ['1', '2'].flatMap((peers) => [256, 1024].map((chunk) => `${program} ${chunk} ${peers}`)),
      ),
    );
  });

  it.each([
    ['nao-existe {endereco} {pasta}', /a fonte 1 de \d terminou com o código 127: [^\n]*not found/],
    [
      'echo "porta em uso" >&2; exit 3 # {endereco} {pasta}',
      /a fonte \d de \d terminou com o código 3: porta em uso/,
    ],
    [tiny('fraco'), /a fonte \d de \d terminou com o código \d+: /],
    [
      tiny('mentiroso'),
      /3 downloads seguidos falharam; o último, [^\n]*: os bytes que chegaram não são os do arquivo/,
    ],
  ])('says in a line what is wrong with %s', async (program, line) => {
    const { code, stderr } = await experiment(...SMALL, '-o', 'm', '--programa', program);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^eachare experimento: ${line.source}[^\n]*\n$`));
  });

  it('keeps what was measured before a source died', async () => {
    const args = ['--chunks', '1k', '--peers', '1', '--tamanhos', '10k', '--repeticoes', '9'];
    const { code, stdout, stderr } = await experiment(...args, '-o', 'm', '--programa', tiny('fraco'));
    expect(code).toBe(1);
    // Ten DLs each, and the fortieth is its last: one download does not count, two do, the fourth has no end.
    expect(stdout).toContain('2 de 9 downloads');
    expect(stderr).toMatch(/^eachare experimento: a fonte 1 de 1 terminou com o código 1: [^\n]*\n$/);
    expect(await rows('m/medidas.csv')).toHaveLength(2);
    expect(await readFile(join(folder, 'm/relatorio.html'), 'utf8')).toContain('terminou antes do fim');
  });

  it('ends a program that does not want to, and what that has started', async () => {
    const args = ['--chunks', '1024', '--peers', '1', '--tamanhos', '1k', '--repeticoes', '1'];
    const { code, stderr } = await experiment(...args, '-o', 'm', '--programa', tiny('teimoso'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await rows('m/medidas.csv')).toHaveLength(1);
  });
});
