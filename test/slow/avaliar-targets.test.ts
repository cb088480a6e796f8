import { spawn } from 'node:child_process';
import http from 'node:http';
import type net from 'node:net';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { JudgedProgram } from '../helpers/judged-program.ts';
import { JUDGED_FILES } from '../helpers/judged.ts';
import { RawServer } from '../helpers/raw-server.ts';
import { runProgram } from '../helpers/run-program.ts';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import { eventually } from '../helpers/until.ts';

/** Listens with any server until the block ends; returns its address. */
async function listening(server: net.Server): Promise<AsyncDisposable & { readonly address: string }> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Writes again and again for as long as somebody is there. */
function forEver(bytes: string, everyMs: number): (connection: { readonly socket: net.Socket }) => void {
  return ({ socket }) => {
    const timer = setInterval(() => socket.write(bytes), everyMs);
    socket.on('close', () => clearInterval(timer));
  };
}

/** One line on stderr, nothing else, and exit code 1. */
async function expectNothingToJudge(address: string, said: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runProgram(['avaliar', '--prazo', '1', address]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^eachare avaliar: [^\n]*\n$/);
  expect(stderr).toContain(address);
  expect(stderr).toMatch(said);
}

describe.concurrent('eachare avaliar of what is no healthy EACHare program', () => {
  it('an HTTP server', async () => {
    await using server = await listening(http.createServer((_, response) => response.end('oi')));
    await expectNothingToJudge(
      server.address,
      /é um servidor HTTP: respondeu HTTP\/1\.1 400 Bad Request\\r\\n/,
    );
  });

  it('a port that says nothing', async () => {
    await using server = await RawServer.start();
    await expectNothingToJudge(server.address, /não responde a HELLO nem a GET_PEERS \(prazo: 1 s\)/);
  });

  it('a TLS server', async () => {
    await using server = await listening(tls.createServer({}));
    await expectNothingToJudge(server.address, /fala TLS/);
  });

  it('a program that closes at once', async () => {
    await using server = await RawServer.start(({ socket }) => socket.end());
    await expectNothingToJudge(server.address, /fecha a conexão sem responder/);
  });

  it('a program that answers something else', async () => {
    await using server = await RawServer.start(({ socket }) => socket.end('220 mail.example ESMTP\r\n'));
    await expectNothingToJudge(server.address, /não fala como um programa EACHare: respondeu 220 mail/);
  });

  it('a program that answers a byte now and then', async () => {
    await using server = await RawServer.start(forEver('1', 100));
    await expectNothingToJudge(server.address, /não fala como um programa EACHare: respondeu 11/);
  });

  it('a program that answers for ever', async () => {
    await using server = await RawServer.start(forEver('0'.repeat(300_000), 1));
    await expectNothingToJudge(server.address, /responde sem parar|não fala como um programa EACHare/);
  });

  it('a program that sends lists for ever', async () => {
    const list = '127.0.0.1:9 1 PEER_LIST 0\n'.repeat(100_000);
    await using server = await RawServer.start(forEver(list, 20));
    await expectNothingToJudge(server.address, /responde sem parar/);
  });

  it('a person who has waited long enough', async () => {
    await using server = await RawServer.start();
    const child = spawn(process.execPath, [PROGRAM, 'avaliar', '--prazo', '60', server.address]);
    const exit = new Promise((resolve) => child.on('close', resolve));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(() => expect(server.connections.length).toBeGreaterThan(1));
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    expect(said).toBe(`eachare avaliar: ${server.address}: a avaliação foi interrompida\n`);
  });

  it('a program that ends in the middle says where, and the rest is not judged', async () => {
    let left = 3;
    const isOver = () => --left <= 0;
    await using program = await JudgedProgram.start({ files: JUDGED_FILES, diesAfter: isOver });
    const { code, stdout } = await runProgram(['avaliar', '--json', program.address]);
    expect(code).toBe(4);
    const { cases, ended } = JSON.parse(stdout) as {
      cases: { id: string; verdict: string; hint: string | null }[];
      ended: string;
    };
    const broken = cases.filter(({ verdict }) => verdict === 'broken');
    expect(broken.map(({ id }) => id)).toEqual(['relogio.presente']);
    expect(broken[0]?.hint).toMatch(/^o programa terminou/);
    expect(ended).toBe('o programa terminou em relogio.presente');
    expect(cases.filter(({ verdict }) => verdict === 'holds')).toEqual([]);
  });
});
