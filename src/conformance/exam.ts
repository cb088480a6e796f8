import type { Asker, AskOptions, Exchange } from './asker.ts';
import { escaped } from './escaped.ts';
import { shownReply } from './reading.ts';
import type { Target } from './target.ts';
import type { Finding, Group, Outcome, Part } from './verdict.ts';

/** A case: what it is called, on what it stands, and how it is judged. */
export interface Case {
  /** Group and a name, e.g. `relogio.cresce`. */
  readonly id: string;
  readonly group: Group;
  readonly part: Part;
  readonly title: string;
  /** Section of src/protocol/README.md. */
  readonly rule: string;
  /** Cases without which this one says nothing: not applicable where one of them is broken, or not applicable itself. */
  readonly needs?: readonly string[];
  /** Cases whose mistake shows here too: not applicable where one of them is broken. */
  readonly unless?: readonly string[];
  readonly judge: (exam: Exam) => Outcome | Promise<Outcome>;
}

/** The people that the judge plays. */
export interface Askers {
  /** Asks for everything. */
  readonly ana: Asker;
  /** Hears nothing: its clock stays behind that of the program. */
  readonly bia: Asker;
  /** Has never said anything but GET_PEERS. */
  readonly caio: Asker;
  /** Has never said anything but HELLO and BYE. */
  readonly dora: Asker;
}

/** An entry of an LS_LIST that can be asked for. */
export interface Offered {
  readonly token: string;
  /** Bytes, as told. */
  readonly size: number;
}

/** One program under judgement: the traffic that several cases look at happens once. */
export class Exam {
  readonly target: Target;
  readonly askers: Askers;
  /** A request without arguments that it answers. */
  readonly ping: 'GET_PEERS' | 'LS';
  readonly #made = new Map<string, unknown>();

  constructor(target: Target, askers: Askers, ping: 'GET_PEERS' | 'LS') {
    this.target = target;
    this.askers = askers;
    this.ping = ping;
  }

  /** Makes something once, by its name. */
  once<T>(name: string, make: () => Promise<T>): Promise<T> {
    const made = (this.#made.get(name) as Promise<T> | undefined) ?? make();
    this.#made.set(name, made);
    return made;
  }

  /** The list of files, asked once. */
  ls(): Promise<Exchange> {
    return this.once('ls', () => this.askers.ana.ask('LS'));
  }

  /** Whether it answers, on a connection of its own. */
  async isAlive(options: AskOptions = {}): Promise<boolean> {
    return (await this.askers.ana.ask(this.ping, [], options)).reading !== undefined;
  }

  /** What it offers, with the entries whose names hold spaces left out. */
  async offers(): Promise<readonly Offered[]> {
    const { reading } = await this.ls();
    if (reading?.type !== 'LS_LIST') return [];
    return entries(reading.args).flatMap((entry) => {
      const [, token = '', size = ''] = FILE_ENTRY.exec(entry) ?? [];
      return token === '' || token.includes(' ') ? [] : [{ token, size: Number(size) }];
    });
  }
}

/** `name:size`. */
export const FILE_ENTRY = /^(.+):([0-9]{1,15})$/;

/** The entries of a list of files; a name with raw spaces is put together again. */
export function entries([, ...items]: readonly string[]): string[] {
  const whole: string[] = [];
  let torn = '';
  for (const item of items) {
    const entry = torn === '' ? item : `${torn} ${item}`;
    torn = /:[0-9]+$/.test(item) ? '' : entry;
    if (torn === '') whole.push(entry);
  }
  return torn === '' ? whole : [...whole, ...torn.split(' ')];
}

/** What is found about an exchange. */
export function found(
  verdict: 'broken' | 'tolerated',
  exchange: Exchange,
  about: { readonly expected: string; readonly hint: string; readonly received?: string },
): Outcome {
  const finding: Finding = {
    sent: escaped(exchange.sent),
    received: about.received ?? shownReply(exchange.reply, exchange.end),
    expected: about.expected,
    hint: about.hint,
  };
  return { verdict, ...finding };
}
