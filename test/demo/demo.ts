import { createHash, randomBytes } from 'node:crypto';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

/**
 * Four real peers of this build in temporary folders, driven through their menus without a person: HELLO, Obter peers
 * until the fourth is found through others, search, another chunk size, a download from two sources, statistics, Sair.
 * Shows the screens as they happen and ends with 0 only if what arrived has the SHA-256 of what was shared.
 */

const NAMES = ['ana', 'bia', 'caio', 'davi'] as const;
type Name = (typeof NAMES)[number];
const COLORS: Readonly<Record<Name, number>> = { ana: 36, bia: 33, caio: 35, davi: 32 };
const PATIENCE_MS = 5_000;

const colorful = process.stdout.isTTY && !process.env['NO_COLOR'];
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

function say(name: Name | 'demo', line: string): void {
  const label = name.padEnd(5);
  if (!colorful) console.log(`${label}| ${line}`);
  else if (name === 'demo') console.log(`\u001b[1m${label}| ${line}\u001b[0m`);
  else console.log(`\u001b[${COLORS[name]}m${label}|\u001b[0m ${line}`);
}

/** Shows whole lines of one peer's screen. */
function screenOf(name: Name): (text: string) => void {
  let partial = '';
  return (text) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) say(name, line);
  };
}

const peers = new Map<Name, SpawnedPeer>();

async function start(
  name: Name,
  files: Record<string, Uint8Array | string>,
  neighbours: string[],
): Promise<SpawnedPeer> {
  const peer = await SpawnedPeer.start({ files, neighbours, onScreen: screenOf(name) });
  peers.set(name, peer);
  return peer;
}

async function main(): Promise<boolean> {
  const data = randomBytes(20_000);
  say(
    'demo',
    'Quatro peers: ana conhece bia, bia conhece caio, caio conhece davi. bia e caio têm o mesmo arquivo.',
  );
  const davi = await start('davi', { 'leia-me.txt': 'Oi, eu sou o davi.\n' }, []);
  const caio = await start('caio', { 'aula.bin': data }, [davi.address]);
  const bia = await start('bia', { 'aula.bin': data }, [caio.address]);
  const ana = await start('ana', {}, [bia.address]);

  const step = async (
    title: string,
    lines: (string | number)[],
    done: Parameters<SpawnedPeer['until']>[0],
  ) => {
    say('demo', title);
    const since = (await ana.readEvents()).length;
    ana.type(...lines);
    return ana.until(done, PATIENCE_MS, since);
  };

  await step('ana diz HELLO a bia', [1, 1], (e) => e.event === 'message-sent' && e.type === 'HELLO');
  for (const [found, who] of [
    [caio, 'caio'],
    [davi, 'davi'],
  ] as const) {
    await step(
      `ana obtém peers e encontra ${who}`,
      [2],
      (e) => e.event === 'neighbour-added' && e.neighbour === found.address,
    );
  }
  await step(
    'ana obtém peers outra vez: todos ONLINE',
    [2],
    (e) => e.event === 'message-received' && e.from === davi.address,
  );
  await step('ana muda o tamanho de chunk', [6, 1024], (e) => e.event === 'chunk-size-changed');
  const search = await step('ana busca arquivos', [4], (e) => e.event === 'search-finished');
  const found = search.event === 'search-finished' ? search.found : [];
  const row = found.findIndex(({ name, sources }) => name === 'aula.bin' && sources.length === 2) + 1;
  if (row === 0) throw new Error(`aula.bin was not found at two sources: ${JSON.stringify(found)}`);
  await step('ana baixa aula.bin de bia e caio', [row], (e) => e.event === 'download-finished');
  await step('ana vê suas estatísticas e seus arquivos', [5, 3], (e) => e.event === 'local-files-listed');

  const sources = new Set(
    ana.events.flatMap((e) => (e.event === 'message-received' && e.type === 'FILE' ? [e.from] : [])),
  );
  const arrived = sha256(await ana.file('aula.bin'));
  for (const name of NAMES) {
    say('demo', `${name} sai`);
    peers.get(name)?.type(9);
    const exit = await peers.get(name)?.exit;
    if (exit?.code !== 0) throw new Error(`${name} ended with ${JSON.stringify(exit)}`);
  }
  say('demo', `SHA-256 oferecido: ${sha256(data)}`);
  say('demo', `SHA-256 recebido:  ${arrived} (de ${[...sources].join(' e ')})`);
  if (sources.size !== 2) say('demo', 'O arquivo deveria ter vindo de dois peers.');
  return arrived === sha256(data) && sources.size === 2;
}

const startedAt = performance.now();
try {
  const ok = await main();
  say(
    'demo',
    `${ok ? 'Tudo certo' : 'Algo falhou'} em ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`,
  );
  process.exitCode = ok ? 0 : 1;
} finally {
  await Promise.all([...peers.values()].map((peer) => peer[Symbol.asyncDispose]()));
}
