import { escaped } from '../svg.ts';
import { visible } from '../words.ts';

/** The element with that id; the page has it, or it is not our page. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`#${id}`);
  return found as T;
}

/** A list of names with a box each; those without a tick are hidden. What is new begins shown. */
export class CheckList {
  readonly hidden = new Set<string>();
  readonly #list: HTMLElement;
  readonly #onChange: () => void;
  #names: readonly string[] = [];

  constructor(id: string, onChange: () => void) {
    this.#list = element(id).querySelector<HTMLElement>('.lista')!;
    this.#onChange = onChange;
    this.#list.addEventListener('change', (event) => {
      const box = event.target as HTMLInputElement;
      if (box.checked) this.hidden.delete(box.value);
      else this.hidden.add(box.value);
      this.#onChange();
    });
  }

  offer(names: readonly string[]): void {
    if (names.length === this.#names.length && names.every((name, index) => name === this.#names[index]))
      return;
    this.#names = names;
    this.#list.innerHTML = names
      .map((name) => {
        const tick = this.hidden.has(name) ? '' : ' checked';
        return `<label><input type="checkbox" value="${escaped(name)}"${tick}> ${escaped(visible(name))}</label>`;
      })
      .join('');
  }
}

/** Light, dark, or as the system has it. */
export function switchTheme(): void {
  const root = document.documentElement;
  const isDark = root.classList.contains('claro')
    ? false
    : root.classList.contains('escuro') || matchMedia('(prefers-color-scheme: dark)').matches;
  root.classList.toggle('escuro', !isDark);
  root.classList.toggle('claro', isDark);
}
