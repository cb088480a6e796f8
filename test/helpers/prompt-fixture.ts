import { Terminal } from '../../src/terminal/terminal.ts';

/**
 * Asks until the input ends, and prints in between like a peer that is talked to; `relogio N` counts the prints.
 * A line `status` runs as a download would: nothing is asked while a status line counts, until Ctrl-C.
 */
const terminal = new Terminal();
let prints = 0;
let steps = 0;
let goOn: (() => void) | undefined;

const printing = setInterval(() => {
  prints += 1;
  terminal.print(`=> Atualizando relogio para ${prints}`);
}, 20);

terminal.onInterrupt(() => {
  terminal.print('interrompido');
  goOn?.();
});

for (
  let line = await terminal.ask('Pergunta:\n> ');
  line !== undefined;
  line = await terminal.ask('Pergunta:\n> ')
) {
  terminal.print(`resposta ${JSON.stringify(line)}`);
  if (line !== 'status') continue;
  const counting = setInterval(() => {
    steps += 1;
    terminal.status(`passo ${steps}`);
  }, 20);
  await new Promise<void>((resolve) => {
    goOn = resolve;
  });
  clearInterval(counting);
  terminal.status(undefined);
}

clearInterval(printing);
terminal.close();
terminal.print('fim');
