import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Terminal } from '../../../src/terminal/terminal.ts';
import { Emulator } from '../../helpers/emulator.ts';
import { FakeKeys } from './fake-keys.ts';

const LEFT = '\x1b[D';
const HOME = '\x01';
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_L = '\x0c';
const CTRL_Z = '\x1a';

function open(columns = 30, rows = 12) {
  const input = new FakeKeys();
  const screen = new Emulator(columns, rows);
  const terminal = new Terminal({ input, output: screen, env: {} });
  const type = async (keys: string) => {
    input.write(keys);
    // The keys are read in this turn of the loop and drawn in a microtask of it.
    await new Promise(setImmediate);
  };
  return { input, screen, terminal, type };
}

describe('Terminal, typing', () => {
  it('keeps a line whole while text is printed, with the cursor where it was', async () => {
    const { screen, terminal, type } = open();
    const answer = terminal.ask('Menu:\n> ');
    await type('12');
    terminal.print('um');
    await type('34');
    terminal.print('dois\ntrês');
    await type(`${LEFT}${LEFT}x`);
    expect(await screen.seen()).toEqual(['Menu:', 'um', 'dois', 'três', '> 12x34']);
    expect(await screen.cursor()).toEqual({ row: 4, column: 5 });
    await type('\r');
    expect(await answer).toBe('12x34');
    terminal.print('fim');
    expect(await screen.seen()).toEqual(['Menu:', 'um', 'dois', 'três', '> 12x34', 'fim']);
    terminal.close();
  });

  it('keeps a line over three rows whole, and the text printed meanwhile', async () => {
    const { screen, terminal, type } = open(20, 8);
    const typed = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ';
    const answer = terminal.ask('> ');
    for (const [at, key] of [...typed].entries()) {
      await type(key);
      terminal.print(`texto ${at}`);
    }
    await type(LEFT.repeat(30));
    terminal.print('mais um');
    const rows = ['> abcdefghijklmnopqr', 'stuvwxyz0123456789AB', 'CDEFGHIJ'];
    const prints = [...typed].map((_, at) => `texto ${at}`);
    expect(await screen.seen()).toEqual([...prints, 'mais um', ...rows]);
    expect(await screen.cursor()).toEqual({ row: prints.length + 1, column: 18 });
    await type(`${HOME}\r`);
    expect(await answer).toBe(typed);
    terminal.close();
  });

  it('keeps wide characters and accents in order, and takes no tabs', async () => {
    const { screen, terminal, type } = open(10, 12);
    const answer = terminal.ask('> ');
    await type('漢字漢字é🎉\t');
    terminal.print('texto');
    expect(await screen.seen()).toEqual(['texto', '> 漢字漢字', 'é🎉']);
    await type(`${LEFT}${LEFT}`);
    expect(await screen.cursor()).toEqual({ row: 2, column: 0 });
    await type('\r');
    expect(await answer).toBe('漢字漢字é🎉');
    terminal.close();
  });

  it('takes no more than the screen can show', async () => {
    const { screen, terminal, type } = open(10, 4);
    const answer = terminal.ask('> ');
    await type('x'.repeat(70));
    terminal.print('a');
    expect(await screen.seen()).toEqual(['a', '> xxxxxxxx', 'xxxxxxx']);
    await type('\r');
    expect(await answer).toBe('x'.repeat(15));
    terminal.close();
  });

  it('takes no character that cannot be shown', async () => {
    const { screen, terminal, type } = open();
    const answer = terminal.ask('> ');
    await type('a\u202e\u009b\u00a0b');
    expect(await screen.seen()).toEqual(['> ab']);
    await type('\r');
    expect(await answer).toBe('ab');
    terminal.close();
  });

  it.each([14, 40])('survives a screen that becomes %d columns wide', async (columns) => {
    const { screen, terminal, type } = open(24, 12);
    void terminal.ask('Menu:\n> ');
    await type('abcdefghijklmnopqrstuvwxyz0123456789');
    await screen.seen();
    screen.resize(columns);
    terminal.print('texto');
    await type('!');
    const seen = await screen.seen();
    expect(seen[0]).toBe('Menu:');
    const printed = seen.indexOf('texto');
    expect(seen.slice(printed + 1).join('')).toBe('> abcdefghijklmnopqrstuvwxyz0123456789!');
    // Where the line was drawn before, a remnant of it may stay.
    expect(seen.slice(1, printed)).toEqual(columns < 24 ? [] : ['> abcdefghijklmnopqrstuv']);
    terminal.close();
  });

  it('clears the screen at Ctrl-L, and keeps the line', async () => {
    const { screen, terminal, type } = open();
    void terminal.ask('Menu:\n> ');
    await type(`abc${CTRL_L}d`);
    terminal.print('texto');
    expect(await screen.seen()).toEqual(['texto', '> abcd']);
    terminal.close();
  });

  it('draws one prompt after Ctrl-Z and fg', async () => {
    const { screen, terminal, type } = open();
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      screen.write('\n[1]+  Parado\n$ fg\neachare\n');
      process.emit('SIGCONT', 'SIGCONT');
      return true;
    });
    onTestFinished(() => kill.mockRestore());
    void terminal.ask('Menu:\n> ');
    await type(`${'abc'.repeat(12)}${CTRL_Z}`);
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTSTP');
    await type('!');
    const line = ['> abcabcabcabcabcabcabcabcabca', 'bcabcabc!'];
    expect(await screen.seen()).toEqual(['Menu:', '', '[1]+  Parado', '$ fg', 'eachare', ...line]);
    terminal.close();
  });

  it('puts keys that come in one piece where the cursor is', async () => {
    const { terminal, type } = open();
    const answer = terminal.ask('> ');
    await type(`adf${LEFT}e${LEFT}bc`);
    await type(`${HOME}漢字🎉\r`);
    expect(await answer).toBe('漢字🎉adbcef');
    terminal.close();
  });

  it('brings back an earlier answer at arrow up', async () => {
    const { screen, terminal, type } = open();
    const first = terminal.ask('> ');
    await type('1234\r');
    await first;
    const second = terminal.ask('> ');
    await type('\x1b[A\r');
    expect(await second).toBe('1234');
    expect(await screen.seen()).toEqual(['> 1234', '> 1234']);
    terminal.close();
  });

  it('takes several pasted lines as answers to several questions', async () => {
    const { screen, terminal, type } = open();
    const first = terminal.ask('Menu:\n> ');
    await type('4\r1\r7');
    expect(await first).toBe('4');
    terminal.print('resposta');
    expect(await terminal.ask('Arquivo:\n> ')).toBe('1');
    void terminal.ask('Menu:\n> ');
    expect(await screen.seen()).toEqual(['Menu:', '> 4', 'resposta', 'Arquivo:', '> 1', 'Menu:', '> 7']);
    terminal.close();
  });
});

describe('Terminal, while nothing is asked', () => {
  it('hides what is typed from the status line and shows it at the next question', async () => {
    const { screen, terminal, type } = open();
    terminal.status('10%');
    await type('ab');
    terminal.print('texto');
    terminal.status('20%');
    await type('c');
    expect(await screen.seen()).toEqual(['texto', '20%']);
    const answer = terminal.ask('Menu:\n> ');
    expect(await screen.seen()).toEqual(['texto', 'Menu:', '> abc']);
    await type('d\r');
    expect(await answer).toBe('abcd');
    expect(await screen.seen()).toEqual(['texto', 'Menu:', '> abcd', '20%']);
    terminal.status(undefined);
    expect(await screen.seen()).toEqual(['texto', 'Menu:', '> abcd']);
    terminal.close();
  });

  it('shows a status of several lines, each a row, at the bottom of a full screen too', async () => {
    const { screen, terminal } = open(20, 5);
    for (let at = 0; at < 6; at += 1) {
      terminal.status(`${at} por cento\n  um peer com um nome longo\n  outro`);
      terminal.print(`texto ${at}`);
    }
    const printed = [0, 1, 2, 3, 4, 5].map((at) => `texto ${at}`);
    expect(await screen.seen()).toEqual([...printed, '5 por cento', '  um peer com um n…', '  outro']);
    terminal.status(undefined);
    expect(await screen.seen()).toEqual(printed);
    terminal.close();
  });

  it('cuts a status line that is too long, so that it stays one row', async () => {
    const { screen, terminal } = open(10, 6);
    terminal.status('um dois três quatro');
    terminal.print('a');
    terminal.status('漢字漢字漢字');
    expect(await screen.seen()).toEqual(['a', '漢字漢字…']);
    terminal.close();
    expect(await screen.seen()).toEqual(['a']);
  });
});

describe('Terminal, keys that come in pieces', () => {
  it('puts characters together', async () => {
    const { input, terminal } = open();
    const answer = terminal.ask('> ');
    for (const byte of Buffer.from('é漢🎉\r')) input.write(Buffer.of(byte));
    expect(await answer).toBe('é漢🎉');
    terminal.close();
  });

  it('takes a terminal that is gone for the end of the input', async () => {
    const { input, terminal } = open();
    const answer = terminal.ask('> ');
    input.destroy(new Error('EIO'));
    expect(await answer).toBeUndefined();
    terminal.close();
  });

  it('leaves the input paused and without listeners of ours', async () => {
    const { input, terminal, type } = open();
    await type('a');
    terminal.close();
    expect(input.isPaused()).toBe(true);
    expect(input.listenerCount('data')).toBe(0);
  });
});

describe('Terminal, keys that end things', () => {
  it('reports every Ctrl-C, asked or not', async () => {
    const { input, screen, terminal, type } = open();
    const interrupted = vi.fn();
    terminal.onInterrupt(interrupted);
    expect(input.isRaw).toBe(true);
    await type(CTRL_C);
    const answer = terminal.ask('> ');
    await type(`ab${CTRL_C}`);
    expect(interrupted).toHaveBeenCalledTimes(2);
    terminal.close();
    expect(await answer).toBeUndefined();
    expect(input.isRaw).toBe(false);
    terminal.print('Saindo...');
    expect(await screen.seen()).toEqual(['> ab', 'Saindo...']);
  });

  it('ends the input at Ctrl-D on an empty line only', async () => {
    const { input, screen, terminal, type } = open();
    const answer = terminal.ask('> ');
    await type(`a${CTRL_D}\x7f${CTRL_D}`);
    expect(await answer).toBeUndefined();
    expect(await terminal.ask('> ')).toBeUndefined();
    terminal.print('Saindo...');
    terminal.close();
    expect(input.isRaw).toBe(false);
    expect(await screen.seen()).toEqual(['>', '>', 'Saindo...']);
  });
});
