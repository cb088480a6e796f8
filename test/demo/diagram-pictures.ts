import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Browser } from '../helpers/chromium.ts';
import { runProgram } from '../helpers/run-program.ts';

/**
 * Makes the two pictures of docs/aula.md from the logs of docs/exemplo, with a real browser:
 * `npx tsx test/demo/diagram-pictures.ts`, after `npm run build`.
 */

const DOCS = join(import.meta.dirname, '../../docs');
const NAMES = ['127.0.0.1:5001=ana', '127.0.0.1:5002=bia', '127.0.0.1:5003=caio'];

const folder = await mkdtemp(join(tmpdir(), 'eachare-figuras-'));
try {
  const page = join(folder, 'rede.html');
  const names = NAMES.flatMap((name) => ['--nome', name]);
  const logs = ['ana', 'bia', 'caio'].map((name) => `exemplo/${name}.jsonl`);
  const { code, stderr } = await runProgram(['diagrama', ...logs, ...names, '--saida', page], { cwd: DOCS });
  if (code !== 0) throw new Error(stderr);
  await using browser = await Browser.start({ width: 1280, height: 860 });
  const tab = await browser.context.newPage();
  await tab.goto(pathToFileURL(page).href);
  /** The dot of a peer with that clock. */
  const dot = (column: number, clock: number) =>
    tab.evaluate<string>(`(() => {
      const names = [...document.querySelectorAll('.nome')].map((name) => Number(name.getAttribute('x')));
      const wanted = [...document.querySelectorAll('text.relogio')].find((text) =>
        text.textContent === '${clock}' && Math.abs(Number(text.getAttribute('x')) - names[${column}]) < 20);
      return wanted.getAttribute('data-e');
    })()`);
  const click = async (column: number, clock: number, isSecond = false) => {
    const event = await dot(column, clock);
    await tab.click(`.ponto[data-e="${event}"]`, { modifiers: isSecond ? ['Shift'] : [] });
  };
  await click(1, 4);
  await tab.screenshot({ path: join(DOCS, 'diagrama-passado.png') });
  await click(1, 5);
  await click(0, 6, true);
  await tab.screenshot({ path: join(DOCS, 'diagrama-comparacao.png') });
  console.log('docs/diagrama-passado.png docs/diagrama-comparacao.png');
} finally {
  await rm(folder, { recursive: true, force: true });
}
