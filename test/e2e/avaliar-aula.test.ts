import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { RawSocket } from '../helpers/raw-socket.ts';
import { runProgram } from '../helpers/run-program.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const hasPython = spawnSync('python3', ['--version']).status === 0;

/** A report without what is another one at every run: ports, clocks, and the bytes of a random file. */
function steady(report: string): string[] {
  return report
    .replace(/(FILE aula\.bin \d+ \d+) .*/g, '$1')
    .replace(/127\.0\.0\.1:\d+/g, 'peer')
    .replace(/(?<=^ {6}(enviado|recebido|esperado): .*)\d+/gm, 'n')
    .split('\n');
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Rejects while nobody listens there; says nothing to who does. */
async function listens(address: string): Promise<void> {
  using socket = await RawSocket.connect(Number(address.split(':')[1]));
  expect(socket.ending).toBe('none');
}

it.skipIf(!hasPython)('the report of the lesson is what the program with two mistakes gets', async () => {
  const lesson = await readFile(join(DOCS, 'aula.md'), 'utf8');
  const [, told = ''] =
    /O resultado, sem os grupos em que tudo vale:\n\n```text\n(.*?)```/s.exec(lesson) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'eachare-'));
  await writeFile(
    join(folder, 'numeros.txt'),
    Array.from({ length: 300 }, (_, at) => `${at + 1}\n`).join(''),
  );
  await writeFile(join(folder, 'aula.bin'), randomBytes(20_000));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn('python3', [join(DOCS, 'exemplo/com-erros.py'), address, folder]);
  try {
    await vi.waitFor(() => listens(address), { timeout: 30_000 });
    const { code, stdout } = await runProgram(['avaliar', address]);
    expect(code).toBe(4);
    const lines = steady(stdout);
    let at = 0;
    for (const line of steady(told).filter((text) => text !== '…' && text !== '')) {
      const found = lines.indexOf(line, at);
      expect(found, line).toBeGreaterThanOrEqual(at);
      at = found + 1;
    }
    expect(stdout.match(/^ {2}[✗!]/gm)).toHaveLength(2);
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  }
});
