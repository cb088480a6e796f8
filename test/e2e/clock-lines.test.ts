import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

/** The values of its clock that a peer has logged, in their order. */
function loggedClocks(peer: SpawnedPeer): number[] {
  return peer.events.flatMap((event) => (event.event === 'clock-updated' ? [event.clock] : []));
}

/** Those that its screen tells, one by one or in an account of `count` of them; throws where one is left out or told twice. */
function toldClocks(peer: SpawnedPeer, screen: string): number[] {
  const logged = loggedClocks(peer);
  const told: number[] = [];
  for (const line of screen.split('\n')) {
    const [, alone] = /^=> Atualizando relogio para (\d+)$/.exec(line) ?? [];
    const [, count, from, to] = /^\((\d+) mensage.* resumidas?: relógio (\d+) → (\d+)\)$/.exec(line) ?? [];
    if (alone !== undefined) told.push(Number(alone));
    if (count === undefined) continue;
    expect(Number(from)).toBe(told.at(-1) ?? 0);
    const summed = logged.slice(told.length, told.length + Number(count));
    expect(summed.at(-1)).toBe(Number(to));
    told.push(...summed);
  }
  return told;
}

describe('the clock on the screen', () => {
  it.each(['resumo', 'todas'])('leaves out no tick, on both sides, with --mensagens %s', async (mode) => {
    const files = { 'grande.bin': randomBytes(200 * 256), 'pequeno.bin': randomBytes(3 * 256) };
    const args = ['--mensagens', mode];
    await using b = await SpawnedPeer.start({ files, args: ['--sem-menu', ...args] });
    await using c = await SpawnedPeer.start({ files, args: ['--sem-menu', ...args] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address, c.address], args });
    a.type(1, 1, 1, 2, 4, 1, 4, 2, 4, 1, 5, 9);
    expect(await a.exit).toEqual({ code: 0, signal: null });
    await b.until((e) => e.event === 'message-received' && e.type === 'BYE');
    await c.until((e) => e.event === 'message-received' && e.type === 'BYE');
    for (const peer of [b, c]) peer.process.kill('SIGTERM');
    for (const peer of [a, b, c]) {
      await peer.exit;
      await peer.until((e) => e.event === 'peer-stopped');
      expect(toldClocks(peer, peer.screen)).toEqual(loggedClocks(peer));
    }
  });

  it('repeats the status after each message with --mensagens todas, as in the course', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu', '--mensagens', 'todas'] });
    await using a = await SpawnedPeer.start({ neighbours: [b.address], args: ['--mensagens', 'todas'] });
    a.type(1, 1, 4, 9);
    await a.exit;
    await b.until((e) => e.event === 'neighbour-status-changed' && e.status === 'OFFLINE');
    const lines = a.screen.split('\n');
    const online = `Atualizando peer ${b.address} status ONLINE`;
    for (const [at, line] of lines.entries()) {
      if (line.startsWith('Resposta recebida')) expect(lines[at + 2]).toBe(online);
      if (line.startsWith('Encaminhando') && !line.includes(' BYE')) expect(lines[at + 1]).toBe(online);
    }
    expect(lines.filter((line) => line === online).length).toBeGreaterThan(4);
    expect(b.screen).toMatch(
      /Mensagem recebida: ".* LS"\n=> Atualizando relogio para \d+\nAtualizando peer .* status ONLINE\n/,
    );
  });
});
