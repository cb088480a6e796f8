import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PseudoTerminal, type Size } from './pseudo-terminal.ts';
import { PROGRAM } from './spawned-peer.ts';

/** The program as a person starts it, on a terminal, with one neighbour; by default with its menu open. */
export async function startOnTerminal(
  neighbour: { readonly address: string },
  options = '',
  env: Readonly<Record<string, string>> = {},
  size?: Size,
  /** What the last row has once it is there. */
  last = '>',
): Promise<{ terminal: PseudoTerminal; folder: string; command: string }> {
  const home = await mkdtemp(join(tmpdir(), 'eachare-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, 'shared'));
  await writeFile(join(home, 'vizinhos.txt'), `${neighbour.address}\n`);
  const places = `127.0.0.1:0 "${home}/vizinhos.txt" "${home}/shared"`;
  const command = `"${process.execPath}" "${PROGRAM}" ${options} ${places}`;
  const terminal = new PseudoTerminal(command, env, size);
  await terminal.until((rows) => rows.at(-1)?.includes(last) === true);
  return { terminal, folder: join(home, 'shared'), command };
}
