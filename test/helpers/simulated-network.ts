import { EventLog } from '../../src/log/event-log.ts';
import type { Address } from '../../src/protocol/address.ts';
import type { MessageType } from '../../src/protocol/message.ts';
import { LogReader } from '../../src/diagram/read-log.ts';
import type { Logs } from '../../src/diagram/model.ts';

/** A message on its way. */
export interface Flying {
  readonly from: number;
  readonly to: number;
  readonly type: MessageType;
  readonly args: readonly string[];
  readonly clock: number;
  readonly reply: boolean;
  /** All events that happened before its receipt because of it, the sending included. */
  readonly causes: ReadonlySet<string>;
}

/** Peers without sockets that keep Lamport's rules and write the program's own event logs, and know what truly happened before what. */
export class SimulatedNetwork {
  readonly addresses: readonly Address[];
  readonly lines: string[][];
  /** Of every event, by `peer:line`, all that happened before it. */
  readonly truth = new Map<string, ReadonlySet<string>>();
  readonly #logs: EventLog[];
  readonly #clocks: number[];
  readonly #before: Set<string>[];
  #now = Date.UTC(2026, 10, 24, 13);

  constructor(peers: number, run = 'run') {
    this.addresses = Array.from({ length: peers }, (_, peer) => `127.0.0.1:${5001 + peer}` as Address);
    this.lines = this.addresses.map(() => []);
    this.#clocks = this.addresses.map(() => 0);
    this.#before = this.addresses.map(() => new Set());
    this.#logs = this.addresses.map(
      (address, peer) =>
        new EventLog({
          write: (line) => this.lines[peer]!.push(line),
          run: `${run}-${peer}`,
          peer: () => address,
          now: () => this.#now,
        }),
    );
    this.addresses.forEach((address, peer) => this.#logs[peer]!.report({ event: 'peer-started', address }));
  }

  /** Lets time pass. */
  wait(milliseconds: number): void {
    this.#now += milliseconds;
  }

  send(
    from: number,
    to: number,
    type: MessageType,
    args: readonly string[] = [],
    reply = false,
    chunks?: number,
  ): Flying {
    const clock = (this.#clocks[from]! += 1);
    this.#logs[from]!.report({ event: 'clock-updated', clock, cause: 'send' });
    const about = { to: this.addresses[to]!, type, args, clock, reply, chunks };
    this.#logs[from]!.report({ event: 'message-sent', ...about });
    this.#happened(from);
    return { from, to, type, args, clock, reply, causes: new Set(this.#before[from]) };
  }

  receive({ from, to, type, args, clock, reply, causes }: Flying, chunks?: number): void {
    const clockAfter = (this.#clocks[to] = Math.max(this.#clocks[to]!, clock) + 1);
    for (const cause of causes) this.#before[to]!.add(cause);
    const about = { from: this.addresses[from]!, type, args, clock, clockAfter, reply, chunks };
    this.#logs[to]!.report({ event: 'message-received', ...about });
    this.#happened(to);
    this.#logs[to]!.report({ event: 'clock-updated', clock: clockAfter, cause: 'receive' });
  }

  /** A message that arrives at once. */
  pass(
    from: number,
    to: number,
    type: MessageType,
    args: readonly string[] = [],
    reply = false,
    chunks?: number,
  ): void {
    this.receive(this.send(from, to, type, args, reply, chunks), chunks);
  }

  /** A request and its reply. */
  ask(
    from: number,
    to: number,
    type: MessageType,
    args: readonly string[],
    answer: MessageType,
    back: readonly string[],
  ): void {
    this.pass(from, to, type, args);
    this.pass(to, from, answer, back, true);
  }

  /** A download of so many chunks of 256 bytes, the last one shorter. */
  download(from: number, source: number, name: string, chunks: number): void {
    const size = chunks * 256 - 56;
    const started = { name, size, chunkSize: 256, chunks, sources: [this.addresses[source]!], resumed: 0 };
    this.#logs[from]!.report({ event: 'download-started', ...started });
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      this.pass(from, source, 'DL', [name, '256', String(chunk)], false, chunks);
      const length = chunk === chunks - 1 ? 200 : 256;
      this.pass(source, from, 'FILE', [name, String(length), String(chunk), 'QUJD'], true, chunks);
    }
    this.#logs[from]!.report({
      event: 'download-finished',
      name,
      size,
      chunkSize: 256,
      sources: [this.addresses[source]!],
      shares: [{ source: this.addresses[source]!, bytes: size }],
      resumed: 0,
      seconds: 1,
      sha256: '',
      isProven: false,
      toldBy: 0,
      chosen: 1,
    });
  }

  stop(peer: number): void {
    this.#logs[peer]!.report({ event: 'peer-stopped' });
  }

  /** The logs of these peers (all by default) as they are read again; a file a peer, called by its number. */
  read(
    peers: readonly number[] = [...this.lines.keys()],
    lines: readonly (readonly string[])[] = this.lines,
  ): Logs {
    const reader = new LogReader();
    for (const peer of peers)
      lines[peer]!.forEach((line, index) => reader.take(String(peer), index + 1, line));
    return reader.logs;
  }

  #happened(peer: number): void {
    const key = `${peer}:${this.lines[peer]!.length}`;
    this.truth.set(key, new Set(this.#before[peer]));
    this.#before[peer]!.add(key);
  }
}
