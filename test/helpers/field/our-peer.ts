import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leave, listPeers, obtainPeers, searchFiles, showStatistics } from '../../../src/commands.ts';
import type { AppEvent, FoundFileView, NeighbourView } from '../../../src/events.ts';
import { DEFAULT_TIMING, type Timing } from '../../../src/network/timing.ts';
import { parseAddress } from '../../../src/protocol/address.ts';
import { fileNamed } from '../scripted-ask.ts';
import { TemporaryShare } from '../temporary-share.ts';
import { TestPeer } from '../test-peer.ts';
import type { FieldDialect } from './field-peer.ts';

export interface OurPeerOptions {
  /** Content of the shared folder by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly neighbours?: readonly string[];
  /** Bytes. */
  readonly chunkSize?: number;
  /** The dialects of those that ask us something before we know them; line by default. */
  readonly meets?: readonly FieldDialect[];
  /** Waits other than the usual ones. */
  readonly timing?: Partial<Timing>;
}

/**
 * Short waits decide what a stranger is, and a busy machine misses them. Where all strangers do in the end what is waited for, it may
 * take its time; among others each of them costs the wait.
 */
function timingFor(dialects: readonly FieldDialect[]): Partial<Timing> {
  const { endLook, linger, probe } = DEFAULT_TIMING;
  const all = (one: FieldDialect) => dialects.every((dialect) => dialect === one);
  const isMixed = new Set(dialects).size > 1;
  return {
    endLook: all('callback') ? 10_000 : isMixed ? 500 : endLook,
    // Fourteen of one host at the same moment are no attack here.
    probeInterval: 0,
    linger: all('persistent') ? 10_000 : linger,
    probe: all('prefixed') || all('raw') ? 10_000 : isMixed ? 700 : probe,
  };
}

/** All of our program but its terminal, in this process and with a real shared folder: the commands of its menu. */
export class OurPeer implements AsyncDisposable {
  readonly test: TestPeer;
  readonly #share: TemporaryShare;
  readonly #desk: { readonly chunkSize?: number };

  private constructor(test: TestPeer, share: TemporaryShare, { chunkSize }: OurPeerOptions) {
    this.test = test;
    this.#share = share;
    this.#desk = chunkSize === undefined ? {} : { chunkSize };
  }

  static async start(options: OurPeerOptions): Promise<OurPeer> {
    const share = await TemporaryShare.open();
    for (const [name, content] of Object.entries(options.files ?? {}))
      await writeFile(join(share.path, name), content);
    const knows = (options.neighbours ?? []).flatMap((text) => parseAddress(text) ?? []);
    const timing = { ...timingFor(options.meets ?? ['line']), ...options.timing };
    return new OurPeer(await TestPeer.start({ folder: share.folder, knows, timing }), share, options);
  }

  get address(): string {
    return this.test.address;
  }

  /** Menu 1: HELLO to a neighbour by its place in the list. */
  hello(place: number): Promise<void> {
    return listPeers(this.test.desk({ answers: [String(place)] }));
  }

  /** Menu 2, until everybody has answered or is given up. */
  obtainPeers(): Promise<void> {
    return obtainPeers(this.test.desk());
  }

  /** Menu 4 without choosing. */
  async search(): Promise<readonly FoundFileView[]> {
    const since = this.test.reporter.events.length;
    await searchFiles(this.test.desk({ answers: ['0'] }));
    const [finished] = this.#since(since, 'search-finished');
    return finished?.found ?? [];
  }

  /** Menu 4: finds a file and downloads it; returns how it ended. */
  async download(name: string): Promise<AppEvent> {
    const since = this.test.reporter.events.length;
    await searchFiles(this.test.desk({ ...this.#desk, answers: [fileNamed(name)] }));
    const ends = [...this.#since(since, 'download-finished'), ...this.#since(since, 'download-failed')];
    const [end] = ends;
    if (end === undefined) throw new Error(`${name} was not found`);
    return end;
  }

  /** Menu 5: the neighbours as it sees them. */
  peers(): readonly NeighbourView[] {
    const since = this.test.reporter.events.length;
    showStatistics(this.test.desk());
    return this.#since(since, 'statistics-shown')[0]?.peers ?? [];
  }

  /** Menu 9. */
  leave(): Promise<void> {
    return leave(this.test.desk(), 'menu');
  }

  /** Waits until an address has a status. */
  async sees(address: string, status: 'ONLINE' | 'OFFLINE'): Promise<void> {
    await this.test.reporter.until((e) => {
      const changed = e.event === 'neighbour-status-changed' || e.event === 'neighbour-added';
      return changed && e.neighbour === address && e.status === status;
    });
  }

  /** The dialects that it has learnt of an address, in order. */
  dialectsOf(address: string): string[] {
    const learnt = this.test.reporter.all('dialect-learnt');
    return learnt.filter(({ neighbour }) => neighbour === address).map(({ dialect }) => dialect);
  }

  /** Content of a file of its shared folder. */
  file(name: string): Promise<Buffer> {
    return readFile(join(this.#share.path, name));
  }

  /** What stands in its shared folder. */
  fileNames(): Promise<string[]> {
    return readdir(this.#share.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.test.close();
    await this.#share[Symbol.asyncDispose]();
  }

  #since<N extends AppEvent['event']>(since: number, name: N): Extract<AppEvent, { event: N }>[] {
    const events = this.test.reporter.events.slice(since);
    return events.filter((event): event is Extract<AppEvent, { event: N }> => event.event === name);
  }
}
