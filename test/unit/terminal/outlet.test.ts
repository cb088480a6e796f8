import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MAX_UNREAD_CHARS } from '../../../src/terminal/outlet.ts';
import { Terminal } from '../../../src/terminal/terminal.ts';

/** A reader that takes nothing until it is told to. */
class Stalled extends Writable {
  text = '';
  #goOn: (() => void) | undefined;
  #isStalled = true;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    const take = () => {
      this.text += chunk;
      done();
    };
    if (this.#isStalled) this.#goOn = take;
    else take();
  }

  /** Takes what waits, then one by one what comes. */
  read(): void {
    this.#isStalled = false;
    this.#goOn?.();
  }

  /** Takes the oldest text alone. */
  readOne(): void {
    this.#goOn?.();
  }
}

const LINE = 'x'.repeat(1023);
const FITTING = MAX_UNREAD_CHARS / 1024;

function open() {
  const output = new Stalled();
  const terminal = new Terminal({ input: new PassThrough(), output, env: {} });
  const fill = (lines: number) => {
    for (let at = 0; at < lines; at += 1) terminal.print(LINE);
  };
  return { output, terminal, fill };
}

describe('an output that nobody reads', () => {
  it('costs no more than the bound, and tells how many lines were left out once it is read', async () => {
    const { output, terminal, fill } = open();
    fill(FITTING * 3);
    terminal.print('dois\ntextos');
    expect(output.writableLength).toBe(MAX_UNREAD_CHARS);
    output.read();
    await new Promise(setImmediate);
    terminal.print('fim');
    const whole = `${LINE}\n`.repeat(FITTING);
    expect(output.text).toBe(`${whole}(${FITTING * 2 + 2} linhas omitidas: ninguém lia a saída)\nfim\n`);
  });

  it('gets everything while it reads slowly, up to the bound', async () => {
    const { output, terminal, fill } = open();
    fill(FITTING);
    output.readOne();
    await new Promise(setImmediate);
    terminal.print('coube');
    output.read();
    await new Promise(setImmediate);
    expect(output.text).toBe(`${`${LINE}\n`.repeat(FITTING)}coube\n`);
  });

  it('gets one line about all that was left out, in its place, and not one for every gap', async () => {
    const { output, terminal, fill } = open();
    fill(FITTING + 1);
    // Room for a line, but lines are left out until half of what waits is gone.
    for (let at = 0; at < FITTING / 2; at += 1) {
      output.readOne();
      await new Promise(setImmediate);
      if (at < FITTING / 2 - 1) terminal.print('perdida');
    }
    terminal.print('de novo');
    output.read();
    await new Promise(setImmediate);
    const tail = output.text.slice(FITTING * 1024);
    expect(tail).toBe(`(${FITTING / 2} linhas omitidas: ninguém lia a saída)\nde novo\n`);
  });

  it('costs no more by questions, and these are still answered', async () => {
    const input = new PassThrough();
    const output = new Stalled();
    const terminal = new Terminal({ input, output, env: {} });
    input.end('9\n'.repeat(2 * FITTING));
    let answers = 0;
    while ((await terminal.ask(`${LINE}\n> `)) !== undefined) answers += 1;
    expect(answers).toBe(2 * FITTING);
    expect(output.writableLength).toBeLessThanOrEqual(MAX_UNREAD_CHARS + 1024);
  });
});
