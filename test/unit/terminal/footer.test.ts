import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BAR_INTERVAL_MS } from '../../../src/terminal/footer.ts';
import { Terminal } from '../../../src/terminal/terminal.ts';
import { Emulator } from '../../helpers/emulator.ts';
import { FakeKeys } from './fake-keys.ts';

function open({ columns = 40, rows = 10, env = {}, text = 'relógio 1' } = {}) {
  const input = new FakeKeys();
  const screen = new Emulator(columns, rows);
  const terminal = new Terminal({ input, output: screen, env });
  const state = { text, made: 0 };
  terminal.bar((room) => {
    state.made += 1;
    return state.text.slice(0, room);
  });
  const type = async (keys: string) => {
    input.write(keys);
    await new Promise(setImmediate);
  };
  return { input, screen, terminal, state, type };
}

describe('the status row', () => {
  it('stands above the prompt, and what is printed above it; a line that was typed goes without it', async () => {
    const { screen, terminal, type } = open();
    const answer = terminal.ask('Menu:\ncomando> ');
    await type('qua');
    terminal.print('texto');
    await type('se');
    expect(await screen.seen()).toEqual(['Menu:', 'texto', 'relógio 1', 'comando> quase']);
    await type('\r');
    expect(await answer).toBe('quase');
    expect(await screen.seen()).toEqual(['Menu:', 'texto', 'comando> quase', 'relógio 1']);
    terminal.print('feito');
    terminal.status('10%\n  fonte');
    expect(await screen.seen()).toEqual([
      ...['Menu:', 'texto', 'comando> quase', 'feito'],
      ...['10%', '  fonte', 'relógio 1'],
    ]);
    void terminal.ask('Menu:\ncomando> ');
    expect((await screen.seen()).slice(-3)).toEqual(['Menu:', 'relógio 1', 'comando>']);
    terminal.close();
    terminal.print('Saindo...');
    expect((await screen.seen()).slice(-3)).toEqual(['Menu:', 'comando>', 'Saindo...']);
  });

  it('keeps a typed line of several rows whole at the bottom of a full screen', async () => {
    const { screen, terminal, type } = open({ columns: 20, rows: 8 });
    const typed = 'abcdefghijklmnopqrstuvwxyz0123456789';
    const answer = terminal.ask('> ');
    for (const [at, key] of [...typed].entries()) {
      await type(key);
      terminal.print(`texto ${at}`);
    }
    const prints = [...typed].map((_, at) => `texto ${at}`);
    const line = ['> abcdefghijklmnopqr', 'stuvwxyz0123456789'];
    expect(await screen.seen()).toEqual([...prints, 'relógio 1', ...line]);
    await type('\r');
    expect(await answer).toBe(typed);
    expect(await screen.seen()).toEqual([...prints, ...line, 'relógio 1']);
    terminal.close();
  });

  it('becomes history nowhere when the screen is cleared with Ctrl-L', async () => {
    const { screen, terminal, type } = open();
    void terminal.ask('Menu:\n> ');
    await type('abc\f');
    expect(await screen.seen()).toEqual(['relógio 1', '> abc']);
    terminal.close();
  });

  it('goes where the screen is too low for it', async () => {
    const { screen, terminal } = open({ rows: 5 });
    void terminal.ask('> ');
    expect(await screen.seen()).toEqual(['>']);
    terminal.close();
  });

  it.each([
    ['a terminal that breaks long rows anew', { TMUX: '/tmp/tmux' }, []],
    ['one of which that is not known: a remnant, and nothing lost', {}, ['relógio 1 e mais']],
  ])('survives a screen that becomes narrower, in %s', async (_, env, remnant) => {
    const { screen, terminal, type } = open({ env, text: 'relógio 1 e mais texto' });
    void terminal.ask('Menu:\n> ');
    await type('abc');
    await screen.seen();
    screen.resize(16);
    await type('d');
    expect(await screen.seen()).toEqual(['Menu:', ...remnant, 'relógio 1 e mai', '> abcd']);
    screen.resize(60);
    expect((await screen.seen()).slice(-2)).toEqual(['relógio 1 e mais texto', '> abcd']);
    terminal.print('texto');
    expect((await screen.seen()).slice(-3)).toEqual(['texto', 'relógio 1 e mais texto', '> abcd']);
    terminal.close();
  });

  it('survives a screen that becomes lower', async () => {
    const { screen, terminal, type } = open({ rows: 10 });
    for (let at = 0; at < 9; at += 1) terminal.print(`texto ${at}`);
    void terminal.ask('> ');
    screen.resize(40, 7);
    await type('abc');
    terminal.print('fim');
    expect((await screen.seen()).slice(-4)).toEqual(['texto 8', 'fim', 'relógio 1', '> abc']);
    terminal.close();
  });
});

describe('the status row in a flood', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is made once an interval, however often it changes, and ends with the last state', () => {
    const { screen, terminal, state } = open();
    void terminal.ask('> ');
    const before = state.made;
    for (let clock = 2; clock <= 10_000; clock += 1) {
      state.text = `relógio ${clock}`;
      terminal.touchBar();
    }
    expect(state.made).toBe(before);
    vi.advanceTimersByTime(BAR_INTERVAL_MS);
    expect(state.made).toBe(before + 1);
    expect(screen.bytes).toContain('relógio 10000\n');
    const { bytes } = screen;
    terminal.touchBar();
    vi.advanceTimersByTime(BAR_INTERVAL_MS);
    expect(screen.bytes).toBe(bytes);
    terminal.close();
  });
});
