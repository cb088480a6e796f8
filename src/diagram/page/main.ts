import type { Axis } from '../axis.ts';
import { analyse } from '../causality.ts';
import { fold, keyOf, type Band } from '../fold.ts';
import { LEAST_SPACING, MOST_SPACING, layout } from '../layout.ts';
import type { Logs, Model } from '../model.ts';
import { narrowed } from '../narrow.ts';
import { unpacked, type PageData } from '../page-data.ts';
import { summary } from '../summary.ts';
import type { Paint } from '../svg.ts';
import { hasAffordableVectors, withVectors } from '../vectors.ts';
import { label } from '../words.ts';
import { followLogs } from './follow-logs.ts';
import { paintOf } from './paint.ts';
import { CheckList, element, switchTheme } from './controls.ts';
import { Drawing } from './drawing.ts';
import { comparePanel, eventPanel, helpPanel, summaryPage } from './panel.ts';
import { sheets } from './sheets.ts';
import { step } from './steps.ts';

/**
 * The page: one state, one `render` that draws all of it. Events are remembered by their keys, which stay the same while
 * the logs grow. Data goes one way: lines or packed model → model → bands → picture → what is in sight.
 */

/** Events of logs that are followed while they grow: all are looked at again each time. */
const MOST_FOLLOWED = 100_000;

/** Of a picture on paper, so that its letters are as large as those of a book: all lifelines in so many pixels. */
const PAPER_WIDTH = 560;

const data = JSON.parse(element('dados').textContent) as PageData;
const names = new Map(data.names);
const labels = new Map(data.labels);

let model: Model = { lines: [], events: [], order: [], vectors: [], notes: [] };
let axis: Axis = 'relogio';
let isAllOpen = data.isOpen;
/** Bands that are not as all others are. */
const exceptions = new Set<string>();
let chosen: string | undefined;
let second: string | undefined;
let indexOf = new Map<string, number>();
let bands: readonly Band[] = [];
let closed: readonly Band[] = [];
let found: number[] = [];

const types = new CheckList('tipos', render);
const peers = new CheckList('peers', render);
const search = element<HTMLInputElement>('busca');
const panel = element('painel');
const frame = element('quadro');
const drawing = new Drawing({
  frame,
  names: element('nomes'),
  sheet: element('folha'),
  onEvent: (event, isSecond) => choose(event, isSecond),
  onBand: (band) => toggle(closed[band]!.key),
});

function isShown(index: number): boolean {
  const event = model.events[index];
  if (event === undefined || types.hidden.has(event.type)) return false;
  return (
    !peers.hidden.has(model.lines[event.line]?.name ?? '') &&
    !peers.hidden.has(model.lines[event.other]?.name ?? '')
  );
}

function setModel(next: Model): void {
  model = next;
  indexOf = new Map(model.events.map((_, index) => [keyOf(model, index), index]));
  types.offer([...new Set(model.events.map(({ type }) => type))].sort());
  peers.offer(model.lines.map(({ name }) => name));
  element('titulo').textContent = `eachare: ${summaryLines()[0] ?? ''}`;
  render();
}

function render(): void {
  bands = fold(model, isShown);
  // What the model does not have all of, it cannot count.
  if (labels.size > 0) {
    bands = bands.map((band) => ({ ...band, label: labels.get(band.key) ?? `ao menos ${band.label}` }));
  }
  closed = bands.filter(({ key }) => isAllOpen === exceptions.has(key));
  find();
  drawing.show(
    layout(model, { axis, isShown, bands: closed }),
    (index) => model.events[index]?.ghost === true,
    paint(),
  );
  renderPanel();
}

function chosenEvents(): [number | undefined, number | undefined] {
  const at = (key: string | undefined) => (key === undefined ? undefined : indexOf.get(key));
  return [at(chosen), at(second)];
}

function paint(): Paint {
  const [a, b] = chosenEvents();
  return paintOf(model, { chosen: a, second: b, found, bands: closed });
}

const isGhost = (index: number): boolean => model.events[index]?.ghost === true;

/** Of the whole run, where the model is only a part of it. */
function summaryLines(): readonly string[] {
  return data.summary.length > 0 ? data.summary : summary(model);
}

function renderPanel(): void {
  const [a, b] = chosenEvents();
  if (a === undefined) {
    panel.innerHTML = helpPanel(model.lines.length > 0 ? summaryLines() : [], model.notes);
  } else if (b === undefined) {
    panel.innerHTML = eventPanel(
      model,
      a,
      bands.find(({ events }) => events.includes(a)),
    );
  } else {
    panel.innerHTML = comparePanel(model, a, b);
  }
}

/** Chooses an event, or the one to compare it with; what is inside a band opens it. */
function choose(index: number, isSecond: boolean): void {
  const key = keyOf(model, index);
  if (isSecond && chosen !== undefined) {
    second = key;
  } else {
    chosen = key;
    second = undefined;
  }
  const band = closed.find(({ events }) => events.includes(index));
  if (band !== undefined) toggleException(band.key);
  render();
  drawing.reveal(index);
}

function toggleException(key: string): void {
  if (!exceptions.delete(key)) exceptions.add(key);
}

function toggle(key: string): void {
  toggleException(key);
  render();
}

function find(): void {
  const wanted = search.value.trim().toLowerCase();
  found = [];
  if (wanted !== '') {
    found = model.order.filter((index) => {
      const { sent, partner, type, args, carried } = model.events[index]!;
      if ((!sent && partner >= 0) || !isShown(index)) return false;
      return `${label(type, args)} ${args} ${carried}`.toLowerCase().includes(wanted);
    });
  }
  element('achados').textContent = wanted === '' ? '' : `${found.length} achados`;
}

/** With a mark, keys move the second event and leave the first where it is. */
let isMarking = false;

frame.addEventListener('keydown', (event) => {
  const { key } = event;
  const [a, b] = chosenEvents();
  if (key.startsWith('Arrow')) {
    const next = step(model, drawing.picture?.dots ?? [], b ?? a, key);
    if (next !== undefined) choose(next, isMarking);
  } else if (key === 'Enter') {
    const partner = model.events[b ?? a ?? -1]?.partner ?? -1;
    if (partner >= 0) choose(partner, isMarking);
  } else if (key === 'm' || key === 'M') {
    isMarking = a !== undefined && !isMarking;
  } else if (key === 'Escape') {
    isMarking = false;
    chosen = second = undefined;
    render();
  } else {
    return;
  }
  event.preventDefault();
});

panel.addEventListener('click', (event) => {
  const key = (event.target as Element).getAttribute('data-dobrar');
  if (key === null) return;
  chosen = second = undefined;
  toggle(key);
});

document.querySelectorAll<HTMLInputElement>('input[name=eixo]').forEach((input) => {
  input.addEventListener('change', () => {
    axis = input.value as Axis;
    render();
    const [a] = chosenEvents();
    if (a !== undefined) drawing.reveal(a);
  });
});
for (const [id, isOpen] of [
  ['dobrar', false],
  ['abrir', true],
] as const) {
  element(id).addEventListener('click', () => {
    isAllOpen = isOpen;
    exceptions.clear();
    render();
  });
}
search.addEventListener('input', render);
search.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || found.length === 0) return;
  const [a] = chosenEvents();
  choose(found[(found.indexOf(a ?? -1) + 1) % found.length]!, false);
});
element('menos').addEventListener('click', () => drawing.zoomBy(1 / 1.25));
element('mais').addEventListener('click', () => drawing.zoomBy(1.25));
element('caber').addEventListener('click', () => drawing.fit());
element('tema').addEventListener('click', switchTheme);
addEventListener('beforeprint', () => {
  const spacing = Math.max(
    LEAST_SPACING,
    Math.min(MOST_SPACING, PAPER_WIDTH / Math.max(1, model.lines.length - 1)),
  );
  const picture = layout(model, { axis, isShown, bands: closed, spacing });
  element('impressao').innerHTML = sheets(picture, isGhost, paint(), element('titulo').innerHTML);
});
addEventListener('afterprint', () => (element('impressao').innerHTML = ''));

/** The model of logs that a page can follow. */
function analyseWithin(logs: Logs): Model {
  const whole = analyse(logs, names);
  if (whole.events.length <= MOST_FOLLOWED && hasAffordableVectors(whole)) return whole;
  throw new Error(
    'Os registros cresceram demais para acompanhar; desenhe-os sem --ao-vivo, com --de e --ate.',
  );
}

function warn(text: string): void {
  const notice = element('aviso');
  notice.hidden = text === '';
  notice.textContent = text;
}

if (data.model !== undefined) {
  const given = unpacked(data.model);
  setModel(given.vectors.length === given.events.length ? given : withVectors(given));
} else if (data.summary.length > 0) {
  element('titulo').textContent = data.title;
  element('folha').innerHTML = summaryPage(data.summary);
  renderPanel();
} else {
  renderPanel();
  followLogs((logs) => {
    const isAtEnd = drawing.picture === undefined || drawing.isAtEnd;
    setModel(narrowed(withVectors(analyseWithin(logs)), data.narrowing));
    if (isAtEnd) drawing.toEnd();
  }, warn);
}
