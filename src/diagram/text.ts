import type { Band } from './fold.ts';
import { itemsOf, type Item } from './items.ts';
import type { DiagramEvent, Model } from './model.ts';
import { columns, cut, label, visible } from './words.ts';

/** Room for the clock beside the outermost lifelines. */
const MARGIN = 7;
/** Lifelines closer than this leave no room for a word. */
const LEAST_SPACING = 12;
const MOST_SPACING = 44;

/** The diagram for a terminal of so many columns: one column a peer, arrows with both clocks; more peers than fit are a list. */
export function textDiagram(model: Model, bands: readonly Band[], width: number): string {
  const gaps = Math.max(1, model.lines.length - 1);
  const spacing = Math.min(MOST_SPACING, Math.floor((width - 2 * MARGIN) / gaps));
  const items = itemsOf(model, bands);
  if (spacing < LEAST_SPACING) return items.map((item) => `${cut(sentence(model, item), width)}\n`).join('');
  const canvas = new Canvas(model, spacing);
  return canvas.names() + items.map((item) => canvas.draw(item)).join('');
}

/** Lines of characters: each begins with all lifelines and gets one item drawn over them. */
class Canvas {
  readonly #model: Model;
  readonly #spacing: number;
  #cells: string[] = [];

  constructor(model: Model, spacing: number) {
    this.#model = model;
    this.#spacing = spacing;
  }

  names(): string {
    this.#blank(false);
    this.#model.lines.forEach(({ name }, line) => {
      const text = cut(visible(name), this.#spacing - 1);
      const start = Math.max(0, this.#x(line) - Math.floor(columns(text) / 2));
      this.#write(start, text);
    });
    return this.#line();
  }

  draw(item: Item): string {
    this.#blank(true);
    const { events } = this.#model;
    if (item.kind === 'band') return this.#band(item.band);
    const event = events[item.kind === 'receipt' ? item.receipt : item.send]!;
    if (item.kind === 'receipt') return this.#receipt(event);
    this.#arrow(event, item.kind === 'message' ? events[item.receipt] : undefined);
    const received = item.kind === 'message' ? events[item.receipt] : undefined;
    return this.#line() + this.#faults(event) + (received === undefined ? '' : this.#faults(received));
  }

  #x(line: number): number {
    return MARGIN + line * this.#spacing;
  }

  #blank(hasLifelines: boolean): void {
    this.#cells = new Array<string>(this.#x(this.#model.lines.length - 1) + MARGIN).fill(' ');
    if (!hasLifelines) return;
    this.#model.lines.forEach(({ hasLog }, line) => (this.#cells[this.#x(line)] = hasLog ? '│' : '┊'));
  }

  /** A wide character takes its cell and the next one. */
  #write(start: number, text: string): void {
    let at = start;
    for (const char of text) {
      this.#cells[at] = char;
      const wide = columns(char);
      for (let more = 1; more < wide; more += 1) this.#cells[at + more] = '';
      at += wide;
    }
  }

  #line(): string {
    return `${this.#cells.join('').trimEnd()}\n`;
  }

  #clock(line: number, clock: number, isLeft: boolean): void {
    const text = cut(String(clock), MARGIN - 1);
    const x = this.#x(line);
    this.#write(isLeft ? x - 1 - text.length : x + 2, text);
  }

  #arrow(event: DiagramEvent, received: DiagramEvent | undefined): void {
    const { line, type, args, clock, fate } = event;
    const other = event.other < 0 ? line : event.other;
    const isRight = other >= line;
    const [from, to] = [this.#x(line), this.#x(other)];
    const [left, right] = [Math.min(from, to), Math.max(from, to)];
    const mark = received === undefined && fate !== 'open' ? '╌' : '─';
    for (let at = left + 1; at < right; at += 1) this.#cells[at] = mark;
    const space = right - left - 7;
    if (space > 2) this.#write(left + 4, ` ${cut(label(type, args), space - 2)} `);
    this.#cells[from] = '●';
    const head = fate === 'lost' ? '✗' : received === undefined ? (isRight ? '▷' : '◁') : isRight ? '▶' : '◀';
    if (other !== line) this.#cells[to + (isRight ? -1 : 1)] = head;
    this.#clock(line, clock, isRight);
    if (received !== undefined) {
      this.#cells[to] = '●';
      this.#clock(other, received.clock, !isRight);
    }
  }

  /** A receipt that comes later than its sending was told, or has none. */
  #receipt(event: DiagramEvent): string {
    const { line, other, type, args, clock, carried } = event;
    const from = this.#model.lines[other]?.name ?? '?';
    this.#cells[this.#x(line)] = '●';
    const isFromLeft = other < line;
    this.#cells[this.#x(line) + (isFromLeft ? -1 : 1)] = isFromLeft ? '▷' : '◁';
    this.#clock(line, clock, !isFromLeft);
    const text = `${label(type, args)} de ${visible(from)} (${carried})`;
    const isLast = line === this.#model.lines.length - 1;
    const most = this.#spacing - 5 - String(clock).length;
    const shown = cut(text, most);
    if (isLast || (isFromLeft && line > 0)) this.#write(this.#x(line) - 3 - columns(shown), ` ${shown}`);
    else this.#write(this.#x(line) + 3, `${shown} `);
    return this.#line() + this.#faults(event);
  }

  #faults({ line, wrong, fate }: DiagramEvent): string {
    const text =
      wrong ?? (fate === 'unsent' ? 'ninguém enviou' : fate === 'twice' ? 'recebida outra vez' : undefined);
    if (text === undefined) return '';
    this.#blank(true);
    const start = this.#x(line) + 2;
    const words = `✗ ${text}`;
    const most = this.#cells.length;
    this.#write(Math.max(0, Math.min(start, most - columns(words))), cut(words, most));
    return this.#line();
  }

  #band({ a, b, label: words }: Band): string {
    const [left, right] = [this.#x(a), this.#x(b)];
    for (let at = left + 1; at < right; at += 1) this.#cells[at] = '═';
    this.#cells[left] = '╞';
    this.#cells[right] = '╡';
    if (columns(words) + 6 <= right - left) {
      this.#write(left + 3, ` ${words} `);
      return this.#line();
    }
    const rule = this.#line();
    this.#blank(true);
    const most = this.#cells.length;
    this.#write(Math.max(0, Math.min(left + 2, most - columns(words))), cut(words, most));
    return rule + this.#line();
  }
}

/** An item in words, for more peers than have room side by side. */
function sentence({ lines, events }: Model, item: Item): string {
  const name = (line: number) => visible(lines[line]?.name ?? '?');
  if (item.kind === 'band') return `       ${name(item.band.a)} ═ ${name(item.band.b)}  ${item.band.label}`;
  const event = events[item.kind === 'receipt' ? item.receipt : item.send]!;
  const { line, other, type, args, clock, carried, fate, wrong } = event;
  const words = label(type, args) + (wrong === undefined ? '' : `  ✗ ${wrong}`);
  const at = String(clock).padStart(6);
  if (item.kind === 'receipt') return `${at} ${name(line)} ◀ ${name(other)} (${carried})  ${words}`;
  if (item.kind === 'send')
    return `${at} ${name(line)} ${fate === 'lost' ? '─✗' : '─▷'} ${name(other)}  ${words}`;
  return `${at} ${name(line)} ─▶ ${name(other)} ${events[item.receipt]!.clock}  ${words}`;
}
