import { describe, expect, it } from 'vitest';
import { startOnTerminal } from '../helpers/program-on-terminal.ts';
import { PseudoTerminal } from '../helpers/pseudo-terminal.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

/** The row above the prompt, without what differs from run to run. */
async function bar({ screen }: PseudoTerminal, others: readonly SpawnedPeer[]) {
  const rows = await screen.seen();
  const at = rows.length - 2;
  const ports = (text: string) =>
    others
      .reduce((rest, { port }, index) => rest.replaceAll(`${port}`, `500${index + 2}`), text)
      .replace(/^( ?)127\.0\.0\.1:\d+/, '$1127.0.0.1:5001');
  const { inverse, plain } = await screen.inverse(at);
  return { row: ports(rows[at] ?? ''), inverse: ports(inverse), plain: plain.trim(), prompt: rows.at(-1) };
}

describe('the status row of the program', () => {
  it.each([
    [40, 20, '127.0.0.1:5001 │ relógio 4 │ 1 online'],
    [80, 24, ' 127.0.0.1:5001 │ relógio 4 │ online: 127.0.0.1:5002 (3)'],
    [120, 40, ' 127.0.0.1:5001 │ relógio 4 │ online: 127.0.0.1:5002 (3)'],
  ])('is one inverse row above the prompt of %d x %d', async (columns, rows, row) => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b, '', {}, { columns, rows });
    const before = await bar(terminal, [b]);
    expect(before.row).toMatch(/^ ?127\.0\.0\.1:5001 │ relógio 0 │ ninguém/);
    terminal.type('1\r1\r');
    await terminal.until((seen) => seen.at(-2)?.includes('relógio 4') === true && seen.at(-1) === 'comando>');
    const after = await bar(terminal, [b]);
    expect(after).toMatchObject({ plain: '', prompt: 'comando>' });
    expect(after.row).toMatch(columns < 80 ? /online$/ : /\)$/);
    expect(after.row.slice(0, row.length)).toBe(row);
    expect(after.inverse.trimEnd()).toBe(after.row);
    const all = await terminal.screen.seen();
    expect(all.filter((text) => text.includes('│ relógio'))).toHaveLength(1);
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
    const end = await terminal.screen.seen();
    expect(end.filter((text) => text.includes('│ relógio'))).toEqual([]);
  });

  it.each([
    ['--sem-barra', '--sem-barra', {}],
    ['TERM=dumb', '', { TERM: 'dumb' }],
  ])('is not there with %s', async (_, options, env) => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b, options, env);
    terminal.type('1\r1\r');
    await terminal.until((rows) => rows.some((row) => row.includes('RETURN_HELLO')));
    terminal.type('9\r');
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen.bytes).not.toContain('│');
    expect(terminal.screen.bytes).not.toContain('\u001b[7m');
  });

  it('is the last row of a program without a menu, and goes when it leaves', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal } = await startOnTerminal(b, '--sem-menu', { NO_COLOR: '1' }, undefined, '│');
    const rows = await terminal.screen.seen();
    expect(rows.at(-1)).toMatch(/^ 127\.0\.0\.1:\d+ │ relógio 0 │ ninguém online$/);
    // Without colour it is the same text.
    expect((await terminal.screen.inverse(rows.length - 1)).inverse).toBe('');
    terminal.type('\x03');
    expect(await terminal.ended).toBe(0);
    expect((await terminal.screen.seen()).at(-1)).toBe('Saindo...');
  });

  it('is drawn once, with one prompt and the line half typed, after Ctrl-Z and fg', async () => {
    await using b = await SpawnedPeer.start({ args: ['--sem-menu'] });
    const { terminal: first, command } = await startOnTerminal(b);
    first.type('9\r');
    await first.ended;
    const terminal = new PseudoTerminal('bash --norc --noprofile -i');
    terminal.type(`${command}\r`);
    await terminal.until((rows) => rows.at(-1) === 'comando>');
    terminal.type('quase');
    await terminal.until((rows) => rows.at(-1) === 'comando> quase');
    terminal.type('\x1a');
    await terminal.until((rows) => /[$#]$/.test(rows.at(-1) ?? ''));
    expect((await terminal.screen.seen()).join('\n')).not.toMatch(/quase|│/);
    terminal.type('fg\r');
    await terminal.until((rows) => rows.at(-1) === 'comando> quase');
    const rows = await terminal.screen.seen();
    expect(rows.filter((row) => row.includes('│ relógio'))).toHaveLength(1);
    expect(rows.filter((row) => row.startsWith('comando>'))).toHaveLength(1);
    terminal.type('\x7f'.repeat(5) + '9\r');
    await terminal.until((rows) => rows.at(-2) === 'Saindo...');
    terminal.type('exit\r');
    expect(await terminal.ended).toBe(0);
  });
});
