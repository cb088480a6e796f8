import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { runProgram } from '../helpers/run-program.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

/**
 * Four real peers of this build in temporary folders. One is driven through its menu without a person: HELLO, Obter peers until it
 * knows all, a search, a download from two sources, Sair. The screens of all four are shown as they happen, each line
 * after the name of its peer and its Lamport clock, which takes the place of the clock's own lines; what is typed stands after the
 * prompt; the menu is shown once. At the end `eachare conferir` judges the event logs of this very run, and its diagram is written.
 * Ends with 0 only if what arrived has the SHA-256 of what was shared and no rule was broken.
 */

const COLORS = { ana: 36, bia: 33, caio: 35, davi: 32 } as const;
type Name = keyof typeof COLORS;
const PATIENCE_MS = 5_000;
/** The last lines of the other screens are on their way when a command of one peer is over. */
const OTHER_SCREENS_MS = 150;
/** Where the space-time diagram of the run is written. */
const DIAGRAM = 'demo-diagrama.html';
/** 20,000 bytes are three chunks of this size. */
const CHUNK_BYTES = 8192;

const MENU_LINE = /^(?:Escolha um comando:|\[[1-69]\] (?:Listar|Obter|Buscar|Exibir|Alterar|Sair).*|> ?)$/;
const LAST_MENU_LINE = '[9] Sair';
const CLOCK_LINE = /^=> Atualizando relogio para (\d+)$/;
/** The line of the clock comes after these, and before all other messages. */
const RECEIVED = /^(?:Mensagem|Resposta) recebida: /;

const clocks: Record<Name, number> = { ana: 0, bia: 0, caio: 0, davi: 0 };

const colorful = process.stdout.isTTY && !process.env['NO_COLOR'];
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

function say(name: Name, line: string): void {
  const label = `${name.padEnd(4)} ${String(clocks[name]).padStart(3)} |`;
  console.log(colorful ? `\u001b[${COLORS[name]}m${label}\u001b[0m ${line}` : `${label} ${line}`);
}

function title(text: string): void {
  console.log(colorful ? `\n\u001b[1m--- ${text}\u001b[0m` : `\n--- ${text}`);
}

let isMenuShown = false;

/** Whether a line is left out: all menus are but the first one. */
function isMenuAgain(name: Name, line: string): boolean {
  if (!MENU_LINE.test(line)) return false;
  const isFirst = name === 'ana' && !isMenuShown;
  if (name === 'ana' && line === LAST_MENU_LINE) isMenuShown = true;
  return !isFirst;
}

/** Shows whole lines of one peer's screen. */
function screenOf(name: Name): (text: string) => void {
  let partial = '';
  let received: string | undefined;
  return (text) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      const clock = CLOCK_LINE.exec(line)?.[1];
      if (clock !== undefined) {
        clocks[name] = Number(clock);
        if (received !== undefined) say(name, received);
        received = undefined;
      } else if (RECEIVED.test(line)) received = line;
      else if (!isMenuAgain(name, line)) say(name, line);
    }
  };
}

const peers = new Map<Name, SpawnedPeer>();

async function start(
  name: Name,
  files: Record<string, Uint8Array>,
  neighbours: string[],
): Promise<SpawnedPeer> {
  const peer = await SpawnedPeer.start({
    files,
    neighbours,
    args: ['--chunk', String(CHUNK_BYTES)],
    onScreen: screenOf(name),
  });
  peers.set(name, peer);
  return peer;
}

/** Types lines as a person does, each when its prompt is there, and waits until the menu is back. */
async function type(peer: SpawnedPeer, heading: string, ...lines: number[]): Promise<void> {
  title(heading);
  for (const [i, line] of lines.entries()) {
    const before = peer.screen.length;
    say('ana', `> ${line}`);
    peer.type(line);
    const isLast = i === lines.length - 1;
    const shown = await peer.untilScreen(isLast ? LAST_MENU_LINE : '\n> ', before, PATIENCE_MS);
    if (isLast) await peer.untilScreen('> ', shown, PATIENCE_MS);
  }
  await delay(OTHER_SCREENS_MS);
}

async function main(): Promise<boolean> {
  const data = randomBytes(20_000);
  title('Quatro peers: ana só conhece bia; bia conhece caio e davi. bia e caio têm o mesmo arquivo.');
  console.log(
    'O número é o relógio de Lamport do peer, depois do que a linha conta; onde salta, houve mensagens resumidas.',
  );
  const davi = await start('davi', {}, []);
  const caio = await start('caio', { 'aula.bin': data }, []);
  const bia = await start('bia', { 'aula.bin': data }, [caio.address, davi.address]);
  const ana = await start('ana', {}, [bia.address]);
  await ana.untilScreen(`${LAST_MENU_LINE}\n> `);

  await type(ana, 'ana diz HELLO a bia', 1, 1);
  await type(ana, 'ana pergunta a bia quem ela conhece, e descobre caio e davi', 2);
  await type(ana, 'ana pergunta a todos: agora os três estão ONLINE', 2);
  await type(ana, 'ana busca arquivos, e baixa aula.bin de bia e caio ao mesmo tempo', 4, 1);

  title('todos saem, ana primeiro');
  say('ana', '> 9');
  for (const [name, peer] of [...peers].reverse()) {
    peer.type(9);
    const exit = await peer.exit;
    if (exit.code !== 0) throw new Error(`${name} ended with ${JSON.stringify(exit)}`);
    await delay(OTHER_SCREENS_MS);
  }
  const chunks = (await ana.readEvents()).flatMap((e) =>
    e.event === 'message-received' && e.type === 'FILE' ? [e.from] : [],
  );
  const names = [...peers].filter(([, { address }]) => chunks.includes(address)).map(([name]) => name);
  const arrived = sha256(await ana.file('aula.bin'));
  title('conferido');
  console.log(`SHA-256 do que bia e caio têm:   ${sha256(data)}`);
  console.log(`SHA-256 do que chegou a ana:     ${arrived} (de ${names.sort().join(' e ')})`);
  return (await judged()) && arrived === sha256(data) && names.length === 2;
}

/** What the event logs of the four say of the rules, and their diagram. */
async function judged(): Promise<boolean> {
  title('eachare conferir: as regras, sobre os registros de eventos desta execução');
  const logs = [...peers.values()].reverse().map(({ logPath }) => logPath);
  const verdict = await runProgram(['conferir', ...logs]);
  console.log(verdict.stdout.trimEnd());
  const called = [...peers].flatMap(([name, { address }]) => ['--nome', `${address}=${name}`]);
  const drawn = await runProgram(['diagrama', '--saida', DIAGRAM, ...called, ...logs]);
  if (drawn.code !== 0) console.log(drawn.stderr.trimEnd());
  return verdict.code === 0 && drawn.code === 0;
}

const startedAt = performance.now();
try {
  const ok = await main();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).replace('.', ',');
  const where = ok ? ` O diagrama desta execução está em ${DIAGRAM}: abra-o no navegador.` : '';
  console.log(`${ok ? 'Tudo certo' : 'Algo falhou'} em ${seconds} s.${where}`);
  process.exitCode = ok ? 0 : 1;
} finally {
  await Promise.all([...peers.values()].map((peer) => peer[Symbol.asyncDispose]()));
}
