import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { WANTED } from '../../src/conformance/heard.ts';
import { OurProgram } from '../helpers/field/our-program.ts';
import { PROGRAM } from '../helpers/spawned-peer.ts';
import { eventually } from '../helpers/until.ts';

/** The judge that listens, as a process. */
class Listening implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly exit: Promise<number | null>;
  readonly #child;

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [PROGRAM, 'avaliar', '--ouvir', ...args]);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exit = new Promise((resolve) => this.#child.on('close', resolve));
  }

  async address(): Promise<string> {
    const found = () => /Escutando em (\S+), e em/.exec(this.stdout + this.stderr)?.[1];
    await eventually(() => expect(found()).toBeDefined());
    return found() ?? '';
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit;
  }
}

describe.concurrent('eachare avaliar --ouvir', () => {
  it.each<{ args: readonly string[] }>([{ args: [] }, { args: ['--puro'] }])(
    'finds nothing wrong with how our program asks: $args',
    async ({ args }) => {
      await using judge = new Listening([]);
      const address = await judge.address();
      await using us = await OurProgram.start({ neighbours: [address], args });
      await us.hello(1);
      await us.obtainPeers();
      expect(await us.download(WANTED)).toMatchObject({ event: 'download-finished' });
      await us.leave();
      const code = await judge.exit;
      expect(judge.stdout.match(/^ {2}[✗!–].*\n( {6}.*\n)*/gm) ?? []).toEqual([]);
      expect(code).toBe(0);
      expect(judge.stdout).toContain('4. escolha [4] e tres-chunks-e-um-pouco.bin: envia LS e DL');
      expect(judge.stdout).toContain('✓ pergunta.duas-fontes');
      expect(judge.stdout).toMatch(/\nNenhuma regra violada\.\n$/);
      expect(judge.stderr).toBe('');
    },
  );

  it('Ctrl-C ends it: what came is judged, what did not is not', async () => {
    await using judge = new Listening(['--json']);
    const address = await judge.address();
    await using us = await OurProgram.start({ neighbours: [address] });
    await us.hello(1);
    await eventually(() => expect(judge.stderr).toContain(`HELLO de ${us.address}`));
    judge.interrupt();
    expect(await judge.exit).toBe(0);
    const { cases, target } = JSON.parse(judge.stdout) as {
      target: string;
      cases: { id: string; verdict: string; hint: string | null }[];
    };
    expect(target).toBe(us.address);
    expect(cases.find(({ id }) => id === 'pergunta.hello')?.verdict).toBe('holds');
    expect(cases.find(({ id }) => id === 'pergunta.bye')).toMatchObject({
      verdict: 'not-applicable',
      hint: 'não veio: escolha [9]',
    });
  });

  it('nobody asks: one line', async () => {
    await using judge = new Listening(['--prazo', '1']);
    expect(await judge.exit).toBe(1);
    expect(judge.stderr).toBe('eachare avaliar: ninguém perguntou nada\n');
  });

  it.each([
    [['--rigoroso'], '--ouvir e --rigoroso não combinam'],
    [['192.0.2.1:0'], 'não é possível escutar em 192.0.2.1:0'],
    [['--prazo', '3601'], 'não é um número inteiro de 1 a 3600 (segundos)'],
  ])('wrong usage: %j', async (args, message) => {
    await using judge = new Listening(args);
    expect(await judge.exit).toBe(2);
    expect(judge.stdout).toBe('');
    expect(judge.stderr).toContain(message);
  });
});
