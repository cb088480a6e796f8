import { lamportFaults } from './lamport.ts';
import { startsLate } from './model.ts';
import type { DiagramEvent, Lifeline, LoggedMessage, Logs, Model, Run } from './model.ts';
import { causalOrder } from './order.ts';

/**
 * Who met whom, and what came before what. A receipt finds its sending by (origin, clock) among the runs of that address
 * that overlap its own run in time; what it does not find is told apart by what can be known:
 *
 * - the address has no log of that time: a program that others alone tell of gets a lifeline, and a ghost of the sending;
 * - the log breaks off before that clock (the program was killed, or runs still), begins later, or leaves out repetitions: a
 *   ghost on its lifeline;
 * - its log is whole and does not have it: `unsent`, a broken rule.
 */

/** Clocks of machines differ, and a message is logged a moment after its run ended elsewhere. */
const SLACK_MS = 1_000;
/** The log of a run that did not end may lack what it did in its last moments. */
const TAIL_MS = 250;

interface Sending {
  readonly run: number;
  readonly event: number;
}

/** Builds the model of all runs. Pure: the same logs give the same model. */
export function analyse(logs: Logs, names: ReadonlyMap<string, string> = new Map()): Model {
  const runs = logs.runs.filter((run) => run.messages.length > 0 || run.address !== '');
  const weave = new Weave(runs, names);
  weave.addLogged();
  weave.pairReceipts();
  weave.settleSendings();
  const events = weave.events;
  for (const fault of lamportFaults(runs)) {
    const event = events[weave.eventOf(fault.run, fault.message)];
    if (event !== undefined) event.wrong = fault.text;
  }
  const order = causalOrder(events, weave.sequences());
  return { lines: weave.lines, events, order, vectors: [], notes: logs.notes };
}

/** Puts events of many runs together: lifelines, ghosts, pairs. */
class Weave {
  readonly lines: Lifeline[] = [];
  readonly events: DiagramEvent[] = [];
  readonly #runs: readonly Run[];
  readonly #names: ReadonlyMap<string, string>;
  /** First event of each run; its messages follow each other. */
  readonly #starts: number[] = [];
  readonly #runsAt = new Map<string, number[]>();
  readonly #sendings = new Map<string, Map<number, Sending[]>>();
  /** Lifelines of programs without a log, by address. */
  readonly #foreign = new Map<string, number>();
  /** Ghosts of each lifeline. */
  readonly #ghosts = new Map<number, number[]>();

  constructor(runs: readonly Run[], names: ReadonlyMap<string, string>) {
    this.#runs = runs;
    this.#names = names;
    const byTime = runs.map((_, index) => index).sort((a, b) => this.#run(a).firstAt - this.#run(b).firstAt);
    const numbers = new Map<number, number>();
    for (const index of byTime) {
      const { address } = this.#run(index);
      const list = this.#runsAt.get(address) ?? [];
      this.#runsAt.set(address, [...list, index]);
      numbers.set(index, list.length + 1);
    }
    runs.forEach((run, index) => this.#addLine(run.address, numbers.get(index) ?? 1, run.file));
  }

  eventOf(run: number, message: number): number {
    return (this.#starts[run] ?? 0) + message;
  }

  /** One event a logged message; the other side is an address until it is known. */
  addLogged(): void {
    this.#runs.forEach((run, line) => {
      this.#starts.push(this.events.length);
      for (const message of run.messages) {
        if (message.sent) this.#noteSending(run.address, message.carried, line);
        this.events.push(eventOf(message, line));
      }
    });
  }

  pairReceipts(): void {
    this.#runs.forEach((run, line) => {
      run.messages.forEach((message, index) => {
        if (!message.sent) this.#pair(run, line, message, this.eventOf(line, index));
      });
    });
  }

  /** Sendings that no receipt has found: lost, or towards someone without a log. */
  settleSendings(): void {
    this.#runs.forEach((run, line) => {
      run.messages.forEach((message, index) => {
        const event = this.#event(this.eventOf(line, index));
        if (!message.sent || event.partner >= 0) return;
        const target = (this.#runsAt.get(message.other) ?? []).find((each) => this.#covers(each, message.at));
        if (target === undefined) {
          this.#setOther(event, this.#foreignLine(message.other), 'open');
          return;
        }
        const { ended, lastAt, isThinned } = this.#run(target);
        const isUnknown = isThinned || (!ended && message.at > lastAt - TAIL_MS);
        this.#setOther(event, target, isUnknown ? 'open' : 'lost');
      });
    });
  }

  /** The events of every lifeline in their order: the log's, and ghosts among them by their clock. */
  sequences(): number[][] {
    return this.lines.map((_, line) => {
      const first = this.#starts[line];
      const messages = first === undefined ? [] : (this.#runs[line]?.messages ?? []);
      const ghosts = this.#ghosts.get(line) ?? [];
      ghosts.sort((a, b) => this.#event(a).clock - this.#event(b).clock || a - b);
      const sequence: number[] = [];
      let next = 0;
      messages.forEach(({ clock }, index) => {
        while (next < ghosts.length && this.#event(ghosts[next]!).clock < clock)
          sequence.push(ghosts[next++]!);
        sequence.push((first ?? 0) + index);
      });
      return [...sequence, ...ghosts.slice(next)];
    });
  }

  #run(index: number): Run {
    return this.#runs[index]!;
  }

  #event(index: number): DiagramEvent {
    return this.events[index]!;
  }

  #addLine(address: string, number: number, file: string, hasLog = true): number {
    const name = this.#names.get(address) ?? address;
    this.lines.push({ address, name: number > 1 ? `${name} (${number})` : name, hasLog, file });
    return this.lines.length - 1;
  }

  #noteSending(address: string, clock: number, run: number): void {
    let clocks = this.#sendings.get(address);
    if (clocks === undefined) this.#sendings.set(address, (clocks = new Map<number, Sending[]>()));
    const sending = { run, event: this.events.length };
    const same = clocks.get(clock);
    if (same === undefined) clocks.set(clock, [sending]);
    else same.push(sending);
  }

  #covers(run: number, at: number): boolean {
    const { firstAt, lastAt, ended } = this.#run(run);
    return at >= firstAt - SLACK_MS && (at <= lastAt + SLACK_MS || (!ended && at <= lastAt + 2 * SLACK_MS));
  }

  #overlaps(run: number, own: Run): boolean {
    const { firstAt, lastAt } = this.#run(run);
    return firstAt <= own.lastAt + SLACK_MS && lastAt >= own.firstAt - SLACK_MS;
  }

  #pair(run: Run, line: number, message: LoggedMessage, index: number): void {
    const receipt = this.#event(index);
    const found = (this.#sendings.get(message.other)?.get(message.carried) ?? [])
      .filter((sending) => this.#overlaps(sending.run, run))
      .filter((sending) => this.#event(sending.event).type === message.type)
      .map((sending) => ({ sending, away: this.#distance(sending, line, message.at) }))
      .sort((a, b) => a.away - b.away)[0]?.sending;
    if (found !== undefined) {
      const send = this.#event(found.event);
      this.#setOther(receipt, found.run, send.partner < 0 ? 'whole' : 'twice');
      receipt.partner = found.event;
      if (send.partner >= 0) return;
      send.partner = index;
      this.#setOther(send, line, 'whole');
      return;
    }
    const running = (this.#runsAt.get(message.other) ?? []).filter((each) => this.#overlaps(each, run));
    const broken = running.findLast((each) => this.#mayLack(this.#run(each), message.carried));
    if (running.length > 0 && broken === undefined) {
      this.#setOther(
        receipt,
        running.findLast((each) => this.#covers(each, message.at)) ?? running[0]!,
        'unsent',
      );
      return;
    }
    this.#addGhost(broken ?? this.#foreignLine(message.other), line, message, index);
  }

  /** A sending to another address, or another run in between, is a worse match than one further away in time. */
  #distance(sending: Sending, receiver: number, at: number): number {
    const { at: sentAt } = this.#event(sending.event);
    const to = this.#runs[sending.run]?.messages[sending.event - (this.#starts[sending.run] ?? 0)]?.other;
    return Math.abs(at - sentAt) + (to === this.#run(receiver).address ? 0 : 1e9);
  }

  /** Whether a message of that clock may be missing in a log without anybody's fault. */
  #mayLack(run: Run, clock: number): boolean {
    const { ended, isThinned, messages } = run;
    if (isThinned || (startsLate(run) && clock < (messages[0]?.clock ?? Infinity))) return true;
    return !ended && (messages.at(-1)?.clock ?? 0) < clock;
  }

  #addGhost(line: number, receiver: number, message: LoggedMessage, receipt: number): void {
    const { type, args, carried, reply, at } = message;
    const ghost = this.events.length;
    const common = { type, args, carried, reply, at, fate: 'whole' as const };
    this.events.push({
      ...common,
      line,
      sent: true,
      ghost: true,
      other: receiver,
      clock: carried,
      file: '',
      row: 0,
      partner: receipt,
    });
    this.#event(receipt).partner = ghost;
    this.#setOther(this.#event(receipt), line, 'whole');
    const ghosts = this.#ghosts.get(line);
    if (ghosts === undefined) this.#ghosts.set(line, [ghost]);
    else ghosts.push(ghost);
  }

  #foreignLine(address: string): number {
    const known = this.#foreign.get(address);
    if (known !== undefined) return known;
    const line = this.#addLine(address, (this.#runsAt.get(address)?.length ?? 0) + 1, '', false);
    this.#foreign.set(address, line);
    return line;
  }

  #setOther(event: DiagramEvent, other: number, fate: DiagramEvent['fate']): void {
    event.other = other;
    event.fate = fate;
  }
}

function eventOf(message: LoggedMessage, line: number): DiagramEvent {
  const { sent, type, args, carried, clock, reply, at, file, row } = message;
  return {
    line,
    sent,
    ghost: false,
    other: -1,
    type,
    args,
    carried,
    clock,
    reply,
    at,
    file,
    row,
    partner: -1,
    fate: 'open',
  };
}
