import type { Band } from '../fold.ts';
import type { Model } from '../model.ts';
import { escaped } from '../svg.ts';
import { chain, relation } from '../vectors.ts';
import { label, timeOfDay, visible } from '../words.ts';

/** What stands in the panel, as HTML; everything that came from a log is escaped. */

const text = (value: string): string => escaped(visible(value));

const SAMPLES =
  '<p><span class="amostra passado"></span>passado: pode tê-lo causado</p>' +
  '<p><span class="amostra futuro"></span>futuro: pode ser efeito dele</p>' +
  '<p><span class="amostra concorrente"></span>concorrente: nenhum soube do outro</p>';

/** What to do, while nothing is chosen. */
export function helpPanel(summary: readonly string[], notes: readonly string[]): string {
  return (
    '<h2>Como ler</h2><p>Cada linha vertical é um peer, cada ponto um evento com o seu relógio de Lamport, cada seta uma mensagem. ' +
    'Linha tracejada: programa sem registro. ✗ no fim da seta: mensagem perdida.</p>' +
    '<h2>O que fazer</h2><p>Clique em um evento para ver o seu passado, o seu futuro e o que lhe é concorrente; com <kbd>Shift</kbd>, compare-o com outro. ' +
    'Clique em uma faixa para abri-la.</p>' +
    '<p><kbd>↑</kbd> <kbd>↓</kbd> pela linha, <kbd>←</kbd> <kbd>→</kbd> entre linhas, <kbd>Enter</kbd> pela mensagem, <kbd>M</kbd> marca para comparar, <kbd>Esc</kbd> limpa, <kbd>Ctrl</kbd>+roda amplia.</p>' +
    `<h2>Cores</h2>${SAMPLES}` +
    (summary.length === 0
      ? ''
      : `<h2>Esta execução</h2>${summary.map((line) => `<p>${text(line)}</p>`).join('')}`) +
    notes.map((note) => `<p>nota: ${text(note)}</p>`).join('')
  );
}

/** In place of a picture that would be too large: what there is, and how to see less of it. */
export function summaryPage(summary: readonly string[]): string {
  return `<div class="resumo">${summary.map((line) => `<p>${text(line)}</p>`).join('')}</div>`;
}

/** One event: the whole message, its clocks, and what is wrong with it. */
export function eventPanel(model: Model, index: number, band: Band | undefined): string {
  const { lines, events, vectors } = model;
  const event = events[index]!;
  const own = lines[event.line]!;
  const other = lines[event.other]?.name ?? '?';
  const origin = event.sent ? own.address : (lines[event.other]?.address ?? '?');
  const message = [origin, event.carried, event.type, event.args].filter((part) => part !== '').join(' ');
  const rows: [string, string][] = [
    [event.sent ? 'enviado por' : 'recebido por', own.name],
    [event.sent ? 'para' : 'de', other],
    ['relógio', clockWords(model, index)],
    ['hora', timeOfDay(event.at)],
    ['como', event.reply ? 'resposta' : 'pedido'],
    [
      'registro',
      event.ghost ? 'em nenhum registro: concluído do recebimento' : `${event.file}, linha ${event.row}`,
    ],
    ['destino', FATES[event.fate]],
  ];
  const vector = vectors[index];
  return (
    `<h2>${text(label(event.type, event.args))}</h2>` +
    (event.wrong === undefined ? '' : `<p class="erro">✗ ${text(event.wrong)}</p>`) +
    `<table>${rows.map(([name, value]) => `<tr><th>${name}</th><td>${text(value)}</td></tr>`).join('')}</table>` +
    `<h2>Mensagem</h2><code>${text(message)}</code>` +
    (vector === undefined ? '' : `<h2>Relógio vetorial</h2>${vectorTable(model, [index])}`) +
    `<h2>Cores</h2>${SAMPLES}` +
    (band === undefined
      ? ''
      : `<p><button type="button" data-dobrar="${escaped(band.key)}">dobrar esta faixa</button></p>`)
  );
}

/** Two events: which happened before which, by which messages, and their vector clocks. */
export function comparePanel(model: Model, a: number, b: number): string {
  const { events } = model;
  const [va, vb] = [described(model, a), described(model, b)];
  const how = relation(model, a, b);
  const vectors = `<h2>Relógios vetoriais</h2>${vectorTable(model, [a, b])}`;
  const pair = `<p><strong>A</strong> ${va}</p><p><strong>B</strong> ${vb}</p>`;
  if (how === 'same') return `<h2>O mesmo evento</h2>${pair}${vectors}`;
  if (how === 'concurrent') {
    return (
      `<h2 data-relacao="concorrentes">A e B são concorrentes</h2>${pair}<p>Nenhuma corrente de mensagens leva de um ao outro: ` +
      `nenhum pode ter causado o outro, mesmo que os relógios de Lamport digam ${events[a]!.clock} e ${events[b]!.clock}.</p>${vectors}`
    );
  }
  const [first, last, words] =
    how === 'before' ? [a, b, 'A aconteceu antes de B'] : [b, a, 'B aconteceu antes de A'];
  const path = chain(model, first, last);
  const way =
    path === undefined
      ? '<p>Por mensagens que o recorte esconde.</p>'
      : `<ol>${path.map((index) => `<li>${described(model, index)}</li>`).join('')}</ol>`;
  return `<h2 data-relacao="${how === 'before' ? 'antes' : 'depois'}">${words}</h2>${pair}<h2>A corrente</h2>${way}${vectors}`;
}

const FATES = {
  whole: 'entregue',
  lost: 'perdida: o outro lado tem registro e não a recebeu',
  open: 'o outro lado não tem registro deste momento',
  twice: 'recebida outra vez: este envio já tinha chegado',
  unsent: 'ninguém com registro a enviou',
} as const;

function clockWords({ events }: Model, index: number): string {
  const { sent, clock, carried } = events[index]!;
  return sent ? `${clock} (o anterior + 1)` : `${clock} = max(o próprio, ${carried}) + 1`;
}

function described({ lines, events }: Model, index: number): string {
  const { line, other, sent, type, args, clock } = events[index]!;
  const what = `${sent ? 'envia' : 'recebe'} ${label(type, args)} ${sent ? 'para' : 'de'} ${lines[other]?.name ?? '?'}`;
  return `${text(lines[line]!.name)} (${clock}) ${text(what)}`;
}

function vectorTable({ lines, vectors }: Model, chosen: readonly number[]): string {
  const rows = lines.map(({ name }, line) => {
    const cells = chosen.map((index) => `<td>${vectors[index]?.[line] ?? '?'}</td>`).join('');
    return `<tr><th>${text(name)}</th>${cells}</tr>`;
  });
  const head = chosen.length < 2 ? '' : '<tr><th></th><td>A</td><td>B</td></tr>';
  return `<table>${head}${rows.join('')}</table>`;
}
