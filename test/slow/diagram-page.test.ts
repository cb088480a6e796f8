import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, hasChromium } from '../helpers/chromium.ts';
import { runProgram } from '../helpers/run-program.ts';
import { SimulatedNetwork } from '../helpers/simulated-network.ts';
import { PROGRAM } from '../helpers/spawned-peer.ts';

const HOSTILE = '</script><script>window.hurt=1</script><img/src=x/onerror=window.hurt=1>"\'&';

/** Three peers, of which two exchange a file; one message is lost, and names are as hostile as they come. */
function network(): SimulatedNetwork {
  const run = new SimulatedNetwork(3);
  run.pass(0, 1, 'HELLO');
  run.ask(0, 1, 'LS', [], 'LS_LIST', ['1', `${HOSTILE}:5`]);
  run.pass(2, 1, 'HELLO');
  run.download(0, 1, HOSTILE, 5);
  run.send(2, 0, 'GET_PEERS');
  run.wait(2_000);
  run.ask(2, 1, 'DIGEST', [HOSTILE], 'DIGEST_OF', [HOSTILE, '5', 'aa']);
  run.stop(0);
  return run;
}

/** A page of the browser that notes what it must not do. */
async function watched(
  browser: Browser,
  url: string,
): Promise<{ page: Page; errors: string[]; requests: string[] }> {
  const page = await browser.context.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => !request.url().startsWith('data:') && requests.push(request.url()));
  await page.goto(url);
  await page.waitForSelector('#folha svg .ponto');
  return { page, errors, requests };
}

const count = (page: Page, selector: string): Promise<number> => page.locator(selector).count();

describe.skipIf(!hasChromium())('the page in a real browser', () => {
  let folder: string;
  let logs: string[];
  let url: string;
  let browser: Browser;
  const run = network();
  /** Events are numbered file by file. */
  const firstOfThird = run.lines
    .slice(0, 2)
    .flat()
    .filter((line) => line.includes('"message-')).length;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eachare-pagina-'));
    logs = run.addresses.map((_, peer) => join(folder, `${peer}.jsonl`));
    await Promise.all(logs.map((path, peer) => writeFile(path, `${run.lines[peer]!.join('\n')}\n`)));
    const file = join(folder, 'rede.html');
    const { code } = await runProgram(['diagrama', ...logs, '--nome', '127.0.0.1:5001=ana', '--saida', file]);
    expect(code).toBe(0);
    url = pathToFileURL(file).href;
    browser = await Browser.start();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('draws an arrow for every message of the logs, asks nothing of anybody, and runs nothing that it was sent', async () => {
    const { page, errors, requests } = await watched(browser, url);
    expect(await count(page, '.faixa rect')).toBe(1);
    expect(await page.locator('.faixa text').textContent()).toBe('5 DL, 5 FILE, 1,2 KiB, relógio 6 → 25');
    await page.click('#abrir');
    const sent = run.lines.flat().filter((line) => line.includes('"message-sent"')).length;
    expect(await count(page, '.mensagem')).toBe(sent);
    expect(await count(page, '.cruz')).toBe(1);
    expect(await page.locator('.nome').first().textContent()).toBe('ana');
    await page.click('.ponto >> nth=4');
    await page.fill('#busca', 'script');
    expect(await page.locator('#painel').innerHTML()).not.toContain('<script');
    expect(await page.evaluate('window.hurt')).toBeUndefined();
    expect(errors).toEqual([]);
    expect(requests).toEqual([url]);
    await page.close();
  });

  it('colours past, future and concurrent events of the one that is clicked, as the vector clocks have it', async () => {
    const { page } = await watched(browser, url);
    await page.click('#abrir');
    // The HELLO of 5003: nothing came before it, and 5001 knows nothing of it until 5002 tells.
    await page.click(`.ponto[data-e="${firstOfThird}"]`);
    const events = run.truth;
    const key = '2:3';
    const after = [...events].filter(([, before]) => before.has(key)).length;
    expect(await count(page, '.ponto.escolhido')).toBe(1);
    expect(await count(page, '.ponto.passado')).toBe(events.get(key)!.size);
    expect(await count(page, '.ponto.futuro')).toBe(after);
    expect(await count(page, '.ponto.concorrente')).toBe(events.size - after - 1);
    await page.close();
  });

  it('says how two events stand to each other, and by which messages', async () => {
    const { page } = await watched(browser, url);
    await page.click('.ponto >> nth=0');
    await page.click('.ponto >> nth=3', { modifiers: ['Shift'] });
    expect(await page.locator('#painel h2').first().textContent()).toBe('A aconteceu antes de B');
    expect(await count(page, '#painel ol li')).toBeGreaterThan(1);
    await page.keyboard.press('Escape');
    await page.click('.relogio >> nth=0');
    await page.click(`.ponto[data-e="${firstOfThird}"]`, { modifiers: ['Shift'] });
    expect(await page.locator('#painel [data-relacao]').textContent()).toBe('A e B são concorrentes');
    await page.close();
  });

  it('follows keys, filters, folds, changes the axis and finds', async () => {
    const { page, errors } = await watched(browser, url);
    await page.click('.ponto >> nth=0');
    const title = () => page.locator('#painel h2').first().textContent();
    expect(await title()).toBe('HELLO');
    await page.keyboard.press('Enter');
    expect(await page.locator('#painel td').first().textContent()).toBe('127.0.0.1:5002');
    await page.keyboard.press('ArrowDown');
    expect(await title()).toBe('LS');
    await page.keyboard.press('Escape');
    const before = await count(page, '.ponto');
    await page.click('.faixa rect', { position: { x: 200, y: 30 } });
    expect(await count(page, '.ponto')).toBe(before + 20);
    await page.click('#dobrar');
    expect(await count(page, '.ponto')).toBe(before);
    await page.click('#tipos summary');
    await page.uncheck('#tipos input[value="HELLO"]');
    expect(await count(page, '.ponto')).toBe(before - 4);
    await page.check('#tipos input[value="HELLO"]');
    await page.click('#peers summary');
    await page.uncheck('#peers input[value="ana"]');
    expect(await count(page, '.faixa')).toBe(0);
    await page.check('#peers input[value="ana"]');
    for (const axis of ['causal', 'tempo', 'relogio']) {
      await page.check(`input[value="${axis}"]`);
      expect(await count(page, '.ponto')).toBe(before);
    }
    await page.fill('#busca', 'get_peers');
    expect(await page.locator('#achados').textContent()).toBe('1 achados');
    await page.press('#busca', 'Enter');
    expect(await title()).toBe('GET_PEERS');
    const names =
      await page.evaluate(`[...document.querySelectorAll('button, input, [role=application]')].filter(
      (each) => !each.getAttribute('aria-label') && !each.textContent && !each.closest('label')).length`);
    expect(names).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('prints on A4, names on every sheet', async () => {
    const { page } = await watched(browser, url);
    await page.click('#abrir');
    await page.evaluate('dispatchEvent(new Event("beforeprint"))');
    const sheets = await count(page, '#impressao section');
    expect(sheets).toBeGreaterThan(0);
    expect(await count(page, '#impressao .nome')).toBe(3 * sheets);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)).toHaveLength(sheets);
    await page.close();
  });

  it('grows while peers run, with a line for one that starts later', async () => {
    const late = join(folder, 'tarde.jsonl');
    const live = spawn(process.execPath, [PROGRAM, 'diagrama', logs[0]!, logs[1]!, late, '--ao-vivo']);
    try {
      const [printed] = (await once(live.stdout.setEncoding('utf8'), 'data')) as [string];
      const address = /http:\S+/.exec(printed)![0];
      const { page, errors, requests } = await watched(browser, address);
      await expect.poll(() => count(page, '.nome.estranho')).toBe(1);
      await writeFile(late, `${run.lines[2]!.slice(0, 3).join('\n')}\n`);
      await expect.poll(() => count(page, '.nome.estranho')).toBe(0);
      expect(await count(page, '.nome')).toBe(3);
      const before = await count(page, '.ponto');
      await appendFile(late, `${run.lines[2]!.slice(3).join('\n')}\n`);
      await expect.poll(() => count(page, '.ponto')).not.toBe(before);
      expect(requests.filter((each) => !each.startsWith(address))).toEqual([]);
      expect(errors).toEqual([]);
      await page.close();
    } finally {
      live.kill('SIGINT');
    }
  });
});
