import type { Picture } from '../layout.ts';
import { HEADER, header, shapes, type Paint } from '../svg.ts';

/** Zoom below which words are dots anyway. */
const WORDS_FROM = 0.45;

export interface DrawingParts {
  readonly frame: HTMLElement;
  readonly names: HTMLElement;
  readonly sheet: HTMLElement;
  /** A click on an event or a band, `isSecond` with Shift. */
  readonly onEvent: (event: number, isSecond: boolean) => void;
  readonly onBand: (band: number) => void;
}

/** The picture on the screen: only what is in sight, and a screenful around it, is ever drawn. */
export class Drawing {
  readonly #parts: DrawingParts;
  #picture: Picture | undefined;
  #paint: Paint | undefined;
  #isGhost: (event: number) => boolean = () => false;
  #zoom = 1;
  /** What is drawn now, in pixels of the picture. */
  #from = 0;
  #to = -1;

  constructor(parts: DrawingParts) {
    this.#parts = parts;
    const { frame } = parts;
    frame.addEventListener('scroll', () => this.#drawIfNeeded(), { passive: true });
    new ResizeObserver(() => this.#drawIfNeeded()).observe(frame);
    frame.addEventListener('click', (event) => this.#clicked(event));
    frame.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1);
      },
      { passive: false },
    );
    drag(frame);
  }

  get picture(): Picture | undefined {
    return this.#picture;
  }

  /** Whether the end of the picture is in sight. */
  get isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.#parts.frame;
    return scrollTop + clientHeight >= scrollHeight - 40;
  }

  show(picture: Picture, isGhost: (event: number) => boolean, paint: Paint): void {
    // A picture of a few peers fits; of many, as much as can be read.
    if (this.#picture === undefined)
      this.#zoom = Math.min(1, Math.max(0.7, this.#parts.frame.clientWidth / picture.width));
    this.#picture = picture;
    this.#isGhost = isGhost;
    this.#paint = paint;
    this.#resize();
  }

  zoomBy(factor: number): void {
    this.#zoomTo(this.#zoom * factor);
  }

  /** All lifelines in the width of the frame. */
  fit(): void {
    if (this.#picture !== undefined) this.#zoomTo(this.#parts.frame.clientWidth / this.#picture.width);
  }

  toEnd(): void {
    this.#parts.frame.scrollTop = this.#parts.frame.scrollHeight;
  }

  /** Brings an event into sight, with room around it. */
  reveal(event: number): void {
    const dot = this.#picture?.dots.find((each) => each.event === event);
    if (dot === undefined) return;
    const { frame } = this.#parts;
    const [x, y] = [dot.x * this.#zoom, dot.y * this.#zoom + HEADER];
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = frame;
    if (y < scrollTop + 80 || y > scrollTop + clientHeight - 60) frame.scrollTop = y - clientHeight / 2;
    if (x < scrollLeft + 60 || x > scrollLeft + clientWidth - 60) frame.scrollLeft = x - clientWidth / 2;
  }

  #zoomTo(zoom: number): void {
    const { frame } = this.#parts;
    const middle = (frame.scrollTop + frame.clientHeight / 2) / this.#zoom;
    this.#zoom = Math.min(4, Math.max(0.1, zoom));
    this.#resize();
    frame.scrollTop = middle * this.#zoom - frame.clientHeight / 2;
  }

  #resize(): void {
    const { names, sheet } = this.#parts;
    const picture = this.#picture;
    if (picture === undefined) return;
    const width = picture.width * this.#zoom;
    sheet.style.width = names.style.width = `${width}px`;
    sheet.style.height = `${picture.height * this.#zoom}px`;
    sheet.classList.toggle('longe', this.#zoom < WORDS_FROM);
    names.innerHTML = `<svg width="${width}" height="${HEADER}" viewBox="0 0 ${picture.width} ${HEADER / this.#zoom}">${header(picture, 22 / this.#zoom)}</svg>`;
    this.#to = -1;
    this.#drawIfNeeded();
  }

  #drawIfNeeded(): void {
    const picture = this.#picture;
    if (picture === undefined || this.#paint === undefined) return;
    const { frame, sheet } = this.#parts;
    const top = frame.scrollTop / this.#zoom;
    const screen = Math.max(200, frame.clientHeight / this.#zoom);
    const bottom = top + screen;
    if (this.#from <= Math.max(0, top) && this.#to >= Math.min(picture.height, bottom)) return;
    this.#from = Math.max(0, top - screen);
    this.#to = Math.min(picture.height, bottom + screen);
    const high = Math.max(1, this.#to - this.#from);
    sheet.innerHTML =
      `<svg style="top:${this.#from * this.#zoom}px" width="${picture.width * this.#zoom}" height="${high * this.#zoom}" ` +
      `viewBox="0 ${this.#from} ${picture.width} ${high}">${shapes(picture, this.#isGhost, this.#paint, this.#from, this.#to)}</svg>`;
  }

  #clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const band = target.closest('[data-b]')?.getAttribute('data-b');
    const about = target.closest('[data-e]')?.getAttribute('data-e');
    if (about !== null && about !== undefined) this.#parts.onEvent(Number(about), event.shiftKey);
    else if (band !== null && band !== undefined) this.#parts.onBand(Number(band));
  }
}

/** Pulls the frame about with the mouse; a click that moves a few pixels is still a click. */
function drag(frame: HTMLElement): void {
  let start: { x: number; y: number; left: number; top: number } | undefined;
  frame.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType !== 'mouse' || event.offsetX > frame.clientWidth) return;
    start = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
  });
  addEventListener('pointermove', (event) => {
    if (start === undefined) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    if (Math.hypot(dx, dy) > 4) frame.classList.add('puxando');
    if (!frame.classList.contains('puxando')) return;
    frame.scrollLeft = start.left - dx;
    frame.scrollTop = start.top - dy;
  });
  addEventListener('pointerup', () => {
    start = undefined;
    frame.classList.remove('puxando');
  });
}
