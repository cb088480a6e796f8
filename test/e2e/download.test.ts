import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../helpers/fault-proxy.ts';
import { leftovers, RESUMABLE } from '../helpers/leftovers.ts';
import { SpawnedPeer, type LoggedEvent } from '../helpers/spawned-peer.ts';

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
/** A download of the 3 MB takes half a second and more on such a line: there is a middle of it to do something in. */
const SLOW_LINE = { toClient: { bytesPerSecond: 4_000_000 } };
const isEnd = ({ event }: LoggedEvent) => event === 'download-finished' || event === 'download-failed';

/** A client that has found the only file of its sources and chosen it. */
async function startDownload(
  sources: readonly { readonly address: string }[],
  args: readonly string[] = [],
): Promise<SpawnedPeer> {
  const client = await SpawnedPeer.start({ neighbours: sources.map(({ address }) => address), args });
  sources.forEach((_, at) => client.type(1, at + 1));
  client.type(4, 1);
  return client;
}

describe('downloads between processes', () => {
  it('takes a file from two sources and leaves nothing else behind', async () => {
    const data = randomBytes(100_001);
    await using b = await SpawnedPeer.start({ files: { 'aula.bin': data }, args: ['--sem-menu'] });
    await using c = await SpawnedPeer.start({ files: { 'aula.bin': data }, args: ['--sem-menu'] });
    await using a = await startDownload([b, c], ['--chunk', '2000', '--mensagens', 'todas']);
    expect(await a.until(isEnd)).toMatchObject({
      event: 'download-finished',
      size: data.length,
      chunkSize: 2000,
    });
    expect(sha256(await a.file('aula.bin'))).toBe(sha256(data));
    expect(await readdir(a.folder)).toEqual(['aula.bin']);
    a.type(9);
    await a.exit;
    const received = (await a.readEvents()).flatMap((e) =>
      e.event === 'message-received' && e.type === 'FILE' ? e : [],
    );
    // Near the end a chunk may be asked of both.
    expect(new Set(received.map(({ args }) => args[2])).size).toBe(51);
    expect(new Set(received.map(({ from }) => from))).toEqual(new Set([b.address, c.address]));
    expect(a.screen.match(/Resposta recebida: ".* FILE aula\.bin /g)).toHaveLength(received.length);
  });

  it('shows a large download in a few lines, on both sides', async () => {
    await using b = await SpawnedPeer.start({ files: { x: randomBytes(50_000) }, args: ['--sem-menu'] });
    await using a = await startDownload([b]);
    await a.until(isEnd);
    expect(a.screen).not.toContain(' GET x ');
    expect(b.screen).not.toContain(' GET x ');
    expect(b.screen).toContain(`Enviando arquivo x para ${a.address} em blocos`);
    a.type(9);
    await a.exit;
    expect(a.screen).toContain('Download do arquivo x finalizado.');
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'finishes from the others when a source gets %s in mid-download',
    async (signal) => {
      const data = randomBytes(3_000_000);
      await using b = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
      await using c = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
      await using lineB = await FaultProxy.start(b.port, SLOW_LINE);
      await using lineC = await FaultProxy.start(c.port, SLOW_LINE);
      const waits = JSON.stringify({ reply: 20_000 });
      await using a = await startDownload([lineB, lineC], ['--chunk', '512', '--tempos', waits]);
      await a.until((e) => e.event === 'message-received' && e.type === 'DATA');
      b.process.kill(signal);
      const end = await a.until(isEnd);
      // What a frozen one owes is fetched from the other before its deadline.
      expect(end).toMatchObject({ event: 'download-finished' });
      const failed = a.events.flatMap((e) => (e.event === 'chunk-failed' ? e.code : []));
      expect(failed).not.toContain('reply-timeout');
      expect(sha256(await a.file('x'))).toBe(sha256(data));
      expect(await leftovers(a.folder)).toEqual([]);
      expect(a.screen.match(/Chunk \d+ de x falhou/g)?.length ?? 0).toBeLessThanOrEqual(3);
    },
  );

  it('names what is missing when the last source dies, keeps the old file, and lives on', async () => {
    const data = randomBytes(3_000_000);
    await using b = await SpawnedPeer.start({ files: { x: data }, args: ['--sem-menu'] });
    await using line = await FaultProxy.start(b.port, SLOW_LINE);
    await using a = await SpawnedPeer.start({
      files: { x: 'o velho' },
      neighbours: [line.address],
      args: ['--chunk', '512'],
    });
    a.type(1, 1, 4, 1);
    await a.until((e) => e.event === 'message-received' && e.type === 'DATA');
    b.process.kill('SIGKILL');
    const end = await a.until(isEnd);
    expect(end).toMatchObject({ event: 'download-failed', code: 'no-sources', chunks: 5860 });
    expect(end.event === 'download-failed' && end.kept).toBeGreaterThan(0);
    expect((await a.file('x')).toString()).toBe('o velho');
    expect(await leftovers(a.folder)).toEqual([RESUMABLE]);
    a.type(3, 9);
    expect(await a.exit).toEqual({ code: 3, signal: null });
    expect(a.screen).toMatch(/Download do arquivo x falhou: nenhum peer.*de 5860 chunks: \d+/);
    expect(a.screen).toMatch(/Já recebido e guardado: .*Escolha o mesmo arquivo de novo/);
  });

  it('says so when the folder is gone in mid-download, and lives on', async () => {
    await using b = await SpawnedPeer.start({ files: { x: randomBytes(3_000_000) }, args: ['--sem-menu'] });
    await using line = await FaultProxy.start(b.port, SLOW_LINE);
    await using a = await startDownload([line], ['--chunk', '512']);
    await a.until((e) => e.event === 'message-received' && e.type === 'DATA');
    await rm(a.folder, { recursive: true });
    expect(await a.until(isEnd)).toMatchObject({ event: 'download-failed', code: 'not-found' });
    a.type(3, 5, 9);
    expect(await a.exit).toEqual({ code: 3, signal: null });
    await expect(stat(a.folder)).rejects.toThrow();
  });

  it('brings names with spaces, colons and any Unicode, and empty files', async () => {
    const names = ['aula 1: introdução.txt', '100% ção.txt', '日本語 😀.txt', '%41.txt', 'vazio'];
    const files = Object.fromEntries(
      names.map((name) => [name, name === 'vazio' ? '' : `conteúdo de ${name}`]),
    );
    await using b = await SpawnedPeer.start({ files, args: ['--sem-menu'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address], args: ['--chunk', '7'] });
    a.type(1, 1);
    names.forEach((_, at) => a.type(4, at + 1));
    a.type(9);
    expect(await a.exit).toEqual({ code: 0, signal: null });
    expect((await readdir(a.folder)).sort()).toEqual([...names].sort());
    for (const name of names) expect((await a.file(name)).toString()).toBe(files[name]);
  });
});

describe('the event log', () => {
  it('pairs every receipt with its sending, over all peers', async () => {
    const data = randomBytes(10_000);
    await using b = await SpawnedPeer.start({ files: { x: data } });
    await using c = await SpawnedPeer.start({ files: { x: data }, neighbours: [b.address] });
    await using a = await SpawnedPeer.start({ neighbours: [c.address] });
    a.type(1, 1, 2, 2, 4, 1);
    await a.until(isEnd);
    for (const peer of [a, b, c]) {
      peer.type(9);
      await peer.exit;
      await peer.readEvents();
    }
    const logs = [a, b, c];
    const sent = new Map<string, LoggedEvent>();
    for (const { events, address } of logs) {
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
      expect(new Set(events.map(({ run }) => run)).size).toBe(1);
      let clock = 0;
      for (const event of events) {
        expect(event).toMatchObject({
          v: 1,
          peer: address,
          t: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        });
        if (event.event === 'clock-updated') {
          expect(event.clock).toBeGreaterThan(clock);
          clock = event.clock;
        }
        if (event.event !== 'message-sent') continue;
        expect(sent.has(`${address} ${event.clock}`)).toBe(false);
        sent.set(`${address} ${event.clock}`, event);
      }
    }
    let pairs = 0;
    for (const { events, address } of logs) {
      for (const event of events) {
        if (event.event !== 'message-received') continue;
        const sending = sent.get(`${event.from} ${event.clock}`);
        expect(sending).toMatchObject({
          event: 'message-sent',
          to: address,
          type: event.type,
          args: event.args,
        });
        expect(event.clockAfter).toBeGreaterThan(event.clock);
        pairs += 1;
      }
    }
    expect(pairs).toBeGreaterThan(80);
  });
});
