import type { Question } from '../events.ts';
import { escape } from './escape.ts';
import { COMMAND_WORDS, commandOf } from './typed.ts';

/** What the Tab key finds for the line that stands in front of the cursor. */
export interface Completion {
  /** The end of the line that is to be completed. */
  readonly stem: string;
  /** What could stand in its place; all begin with it. */
  readonly candidates: readonly string[];
}

/** What could be typed on behind this line, as an answer to that question. */
export function complete(question: Question, line: string): Completion {
  const { stem, words } = wordsFor(question, line);
  // What cannot be typed as it stands is no answer either.
  const candidates = words.filter((word) => word.startsWith(stem) && escape(word) === word);
  return { stem, candidates: [...new Set(candidates)] };
}

interface Words {
  readonly stem: string;
  readonly words: readonly string[];
}

function wordsFor(question: Question, line: string): Words {
  switch (question.ask) {
    case 'menu':
      return menuWords(question, line);
    case 'peer':
      return { stem: line, words: numbers(question.peers.length) };
    case 'file': {
      const [last = ''] = /[0-9]*$/.exec(line) ?? [];
      // Numbers may stand in a row, a name stands alone.
      if (/^[0-9][0-9\s,-]*$/.test(line)) return { stem: last, words: numbers(question.found.length) };
      return { stem: line, words: question.found.map(({ name }) => name) };
    }
    case 'replace':
    case 'leave':
      return { stem: line, words: ['s', 'n'] };
    case 'chunk-size':
      return { stem: line, words: [] };
  }
}

function menuWords(question: Extract<Question, { ask: 'menu' }>, line: string): Words {
  const { known = [], names = [] } = question;
  const [, word, stem = ''] = /^\s*(\S+)\s+(.*)$/s.exec(line) ?? [];
  if (word === undefined) return { stem: line.trimStart(), words: COMMAND_WORDS };
  switch (commandOf(word)) {
    case 'peers':
      return { stem, words: numbers(known.length) };
    case 'buscar':
      return { stem, words: names };
    case 'forget':
      return { stem, words: known };
    default:
      return { stem, words: [] };
  }
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${at + 1}`);
}

/** What all of them begin with. */
export function commonStart([first = '', ...others]: readonly string[]): string {
  let start = first;
  for (const other of others) while (!other.startsWith(start)) start = start.slice(0, -1);
  // Half of a character that takes two code units is none.
  return /[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start;
}
