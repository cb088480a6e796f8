import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { Terminal } from '../../../src/terminal/terminal.ts';
import { Emulator } from '../../helpers/emulator.ts';
import { FakeKeys } from './fake-keys.ts';

class Paper extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function open(env: Record<string, string> = {}) {
  const input = new PassThrough();
  const output = new Paper();
  return { input, output, terminal: new Terminal({ input, output, env }) };
}

async function answers(terminal: Terminal): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await terminal.ask('> '); line !== undefined; line = await terminal.ask('> '))
    lines.push(line);
  return lines;
}

describe('Terminal on pipes', () => {
  it('gives all lines that came at once before the first question, the last without newline', async () => {
    const { input, terminal } = open();
    input.end('1\r\n\nação\n9');
    await vi.waitUntil(() => input.readableEnded, { interval: 1 });
    expect(await answers(terminal)).toEqual(['1', '', 'ação', '9']);
    expect(await terminal.ask('> ')).toBeUndefined();
  });

  it('gives lines that come slowly, in pieces that split characters', async () => {
    const { input, terminal } = open();
    const all = answers(terminal);
    for (const byte of Buffer.from('um\nvocê\n')) {
      input.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    input.end();
    expect(await all).toEqual(['um', 'você']);
  });

  it('gives far more lines than may wait, without losing one', async () => {
    const { input, terminal } = open();
    const sent = Array.from({ length: 20_000 }, (_, at) => `linha ${at}`);
    input.end(sent.join('\n'));
    await new Promise(setImmediate);
    expect(await answers(terminal)).toEqual(sent);
  });

  it('answers undefined at once after the end, and to a question that waits for it', async () => {
    const { input, terminal } = open();
    const waiting = terminal.ask('> ');
    input.end();
    expect(await waiting).toBeUndefined();
    expect(await terminal.ask('> ')).toBeUndefined();
  });

  it('takes an input error for the end', async () => {
    const { input, terminal } = open();
    const waiting = terminal.ask('> ');
    input.destroy(new Error('EIO'));
    expect(await waiting).toBeUndefined();
  });

  it('writes prompts plainly, and begins a new line behind them', async () => {
    const { input, output, terminal } = open();
    terminal.print('um');
    const first = terminal.ask('Menu:\n[9] Sair\n> ');
    expect(output.text).toBe('um\nMenu:\n[9] Sair\n> ');
    terminal.print('dois\ntrês');
    terminal.print('quatro');
    input.write('x\ny\n');
    expect(await first).toBe('x');
    expect(await terminal.ask('Menu:\n> ')).toBe('y');
    terminal.status('progresso');
    terminal.print('fim');
    terminal.close();
    expect(output.text).toBe('um\nMenu:\n[9] Sair\n> \ndois\ntrês\nquatro\nMenu:\n> \nfim\n');
  });

  it('has no colour, no width to fit, and nobody who types', () => {
    const { terminal } = open({ FORCE_COLOR: '1' });
    expect(terminal).toMatchObject({ colorLevel: 0, isInteractive: false, isLive: false, width: Infinity });
  });

  it('gives undefined to a waiting question when closed, and prints on', async () => {
    const { output, terminal } = open();
    const waiting = terminal.ask('> ');
    terminal.close();
    expect(await waiting).toBeUndefined();
    terminal.print('Saindo...');
    expect(output.text).toBe('> \nSaindo...\n');
  });

  it('leaves the input alone where nobody will ask', async () => {
    const input = new PassThrough();
    const terminal = new Terminal({ input, output: new Paper(), env: {}, readInput: false });
    expect(input.listenerCount('data') + input.listenerCount('readable')).toBe(0);
    expect(await terminal.ask('> ')).toBeUndefined();
    terminal.close();
  });

  it('reports an output that nobody reads once, and prints into the void', async () => {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const output = new Writable({
      write(_chunk, _encoding, done) {
        done(error);
      },
      autoDestroy: false,
    });
    const terminal = new Terminal({ input: new PassThrough(), output, env: {} });
    const closed = vi.fn();
    terminal.onOutputClosed(closed);
    terminal.print('um');
    terminal.print('dois');
    await vi.waitUntil(() => closed.mock.calls.length > 0, { interval: 1 });
    terminal.print('três');
    await new Promise(setImmediate);
    expect(closed.mock.calls).toEqual([[error]]);
    const late = vi.fn();
    terminal.onOutputClosed(late);
    expect(late).toHaveBeenCalledOnce();
  });
});

describe('Terminal, half of it a screen', () => {
  it('shows a status line above which a piped dialogue is printed', async () => {
    const input = new PassThrough();
    const output = new Emulator(40, 10);
    const terminal = new Terminal({ input, output, env: {} });
    expect(terminal).toMatchObject({ isLive: true, isInteractive: false, width: 40 });
    input.end('4\n');
    expect(await terminal.ask('Menu\n> ')).toBe('4');
    terminal.status('10%');
    terminal.print('texto');
    expect(await output.seen()).toEqual(['Menu', '>', 'texto', '10%']);
    expect(await terminal.ask('Menu\n> ')).toBeUndefined();
    terminal.status(undefined);
    terminal.print('fim');
    terminal.close();
    expect(await output.seen()).toEqual(['Menu', '>', 'texto', 'Menu', '>', 'fim']);
  });

  it('repeats the prompt on a terminal without cursor movements', async () => {
    const input = new FakeKeys();
    const output = new Emulator(40, 10);
    const terminal = new Terminal({ input, output, env: { TERM: 'dumb' } });
    expect(terminal).toMatchObject({ isLive: false, isInteractive: false, colorLevel: 0 });
    const answer = terminal.ask('Menu\n> ');
    terminal.print('texto');
    expect(input.isRaw).toBe(false);
    input.write('1\n');
    expect(await answer).toBe('1');
    terminal.print('fim');
    terminal.close();
    expect(output.bytes).toBe('Menu\n> \ntexto\n> fim\n');
  });

  it.each([
    [{}, {}, 1],
    [{ NO_COLOR: '1' }, {}, 0],
    [{ NO_COLOR: '' }, {}, 1],
    [{}, { noColor: true }, 0],
    [{ TERM: 'dumb' }, {}, 0],
  ] as const)('decides the colour by %j and %j', (env, options, level) => {
    const terminal = new Terminal({ input: new PassThrough(), output: new Emulator(), env, ...options });
    expect(terminal.colorLevel).toBe(level);
    terminal.close();
  });
});
