import { describe, expect, it } from 'vitest';
import { PseudoTerminal } from '../helpers/pseudo-terminal.ts';

const FIXTURE = new URL('../helpers/prompt-fixture.ts', import.meta.url).pathname;

function start() {
  const terminal = new PseudoTerminal(`"${process.execPath}" --import tsx "${FIXTURE}"`);
  const { screen, ended } = terminal;
  return {
    screen,
    ended,
    until: (condition: (rows: string[]) => boolean) => terminal.until(condition),
    type: (keys: string) => terminal.type(keys),
  };
}

/** The prints counted up without a gap, each on a row of its own; all other rows. */
function split(rows: readonly string[]): { counts: number[]; others: string[] } {
  const counts = rows.flatMap(
    (row) => /^=> Atualizando relogio para (\d+)$/.exec(row)?.slice(1).map(Number) ?? [],
  );
  return { counts, others: rows.filter((row) => !/^=> Atualizando relogio para \d+$/.test(row)) };
}

describe('the prompt on a real terminal', () => {
  it('stays whole while others print, and ends at Ctrl-D', async () => {
    const { screen, until, ended, type } = start();
    const typed = 'um_texto_que_passa_de_uma_linha_para_a_outra;'.repeat(4);
    await until((rows) => rows.at(-1) === '>');
    for (const [at, key] of [...typed].entries()) {
      type(key);
      // At every tenth key something must be printed before the next one.
      const printed = split(await screen.seen()).counts.length;
      if (at % 10 === 0) await until((rows) => split(rows).counts.length > printed);
    }
    await until((rows) => rows.slice(-3).join('') === `> ${typed}`);
    expect(split(await screen.seen()).others).toHaveLength(1 + 3);
    type('\x7f\x1b[D\x1b[DX\r');
    const answer = `${typed.slice(0, -3)}X${typed.slice(-3, -1)}`;
    await until((rows) => rows.join('').includes(`resposta ${JSON.stringify(answer)}`));
    type('\x04');
    expect(await ended).toBe(0);
    const { counts, others } = split(await screen.seen());
    expect(counts).toEqual(counts.map((_, at) => at + 1));
    expect(others.at(0)).toBe('Pergunta:');
    expect(others.slice(-3)).toEqual(['Pergunta:', '>', 'fim']);
    const middle = others.slice(1, -3).join('');
    expect(middle).toBe(`> ${answer}resposta ${JSON.stringify(answer)}`);
  });

  it('keeps keys typed behind a status line, and hears Ctrl-C there', async () => {
    const { screen, until, ended, type } = start();
    await until((rows) => rows.at(-1) === '>');
    type('status\r');
    await until((rows) => rows.at(-1)?.startsWith('passo ') === true);
    type('adiantado');
    const before = split(await screen.seen()).counts.length;
    await until((rows) => split(rows).counts.length > before + 5);
    expect(split(await screen.seen()).others.slice(0, -1)).toEqual([
      'Pergunta:',
      '> status',
      'resposta "status"',
    ]);
    type('\x03');
    await until((rows) => rows.at(-1) === '> adiantado');
    type('\r');
    await until((rows) => rows.includes('resposta "adiantado"'));
    type('\x04');
    expect(await ended).toBe(0);
    expect(split(await screen.seen()).others).toEqual([
      'Pergunta:',
      '> status',
      'resposta "status"',
      'interrompido',
      'Pergunta:',
      '> adiantado',
      'resposta "adiantado"',
      'Pergunta:',
      '>',
      'fim',
    ]);
  });
});
