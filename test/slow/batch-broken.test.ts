import { spawn } from 'node:child_process';
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PseudoTerminal } from '../helpers/pseudo-terminal.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { PROGRAM, SpawnedPeer, type LoggedEvent } from '../helpers/spawned-peer.ts';

const DATA = new RandomNumbers(13).bytes(40 * 256);
/** So slow that there is time to break it off. */
const SLOW = ['--sem-menu', '--puro', '--atraso', '100'];

interface Run {
  readonly code: number | null;
  readonly events: readonly Record<string, unknown>[];
  readonly files: readonly string[];
}

/** Runs `baixar` for a file of a slow source, and does something once the first chunks are there. */
async function broken(
  { address }: SpawnedPeer,
  args: readonly string[],
  then: (child: ReturnType<typeof spawn>) => unknown,
): Promise<Run & { readonly content: Buffer | undefined }> {
  const home = await mkdtemp(join(tmpdir(), 'eachare-'));
  try {
    await mkdir(join(home, 'pasta'));
    await writeFile(join(home, 'v.txt'), `${address}\n`);
    const all = [
      'baixar',
      '127.0.0.1:0',
      'v.txt',
      'pasta',
      'a.bin',
      '--json',
      '--eventos',
      'e.jsonl',
      ...args,
    ];
    const child = spawn(process.execPath, [PROGRAM, ...all], { cwd: home });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await then(child);
    const code = await ended;
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const files = await readdir(join(home, 'pasta'));
    const content = files.includes('a.bin') ? await readFile(join(home, 'pasta/a.bin')) : undefined;
    return { code, events, files, content };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The third chunk has left its source: the first ones are there. */
const thirdChunk = (e: LoggedEvent) => e.event === 'message-sent' && e.type === 'FILE' && e.args[2] === '2';

const serve = (address = '127.0.0.1:0', args: readonly string[] = SLOW) =>
  SpawnedPeer.start({ address, files: { 'a.bin': DATA }, args });

describe.concurrent('a download of one line', () => {
  it('that Ctrl-C breaks off keeps what it has, under no name, and ends with 130', async () => {
    await using source = await serve();
    const { code, events, files } = await broken(source, [], async (child) => {
      await source.until(thirdChunk);
      child.kill('SIGINT');
    });
    expect(code).toBe(130);
    expect(events).toMatchObject([{ event: 'download-failed', name: 'a.bin', code: 'aborted' }]);
    expect(files.filter((name) => !name.startsWith('.'))).toEqual([]);
  });

  it('whose only source is gone waits no longer than --espera says, and ends with 3', async () => {
    await using source = await serve();
    const { code, events, files } = await broken(source, ['--espera', '1'], async () => {
      await source.until(thirdChunk);
      source.process.kill('SIGKILL');
    });
    expect(code).toBe(3);
    expect(events).toMatchObject([{ event: 'download-failed', name: 'a.bin', code: 'no-sources' }]);
    expect(files.filter((name) => !name.startsWith('.'))).toEqual([]);
  });

  it('whose only source is gone goes on when that comes back in time', async () => {
    await using source = await serve();
    let again: SpawnedPeer | undefined;
    const { code, events, content } = await broken(source, ['--espera', '60'], async () => {
      await source.until(thirdChunk);
      source.process.kill('SIGKILL');
      await source.exit;
      again = await serve(source.address, ['--sem-menu']);
    });
    await again?.[Symbol.asyncDispose]();
    expect(code).toBe(0);
    expect(events).toMatchObject([{ event: 'download-finished', name: 'a.bin' }]);
    expect(content?.equals(DATA)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('on a terminal', () => {
  it('the progress gives way to the result', async () => {
    await using source = await serve();
    await using place = await SpawnedPeer.start({ neighbours: [source.address] });
    const command = `${process.execPath} ${PROGRAM} baixar 127.0.0.1:0 ${place.neighboursPath} ${place.folder} a.bin`;
    const terminal = new PseudoTerminal(command);
    await terminal.until((rows) => rows.some((row) => row.includes('a.bin') && row.includes('%')));
    expect(await terminal.ended).toBe(0);
    await terminal.until((rows) => rows.some((row) => row.startsWith('a.bin')));
    const rows = (await terminal.screen.seen()).filter((row) => row.trim() !== '');
    expect(rows[0]).toMatch(/^Nome +\| Tamanho/);
    expect(rows.join('\n')).not.toMatch(/Procurando|%/);
  });
});
