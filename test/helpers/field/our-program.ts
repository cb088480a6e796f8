import type { FoundFileView } from '../../../src/events.ts';
import { SpawnedPeer, type LoggedEvent, type SpawnOptions } from '../spawned-peer.ts';

/** The built program at its menu, one command at a time, each waited for. */
export class OurProgram implements AsyncDisposable {
  readonly spawned: SpawnedPeer;

  private constructor(spawned: SpawnedPeer) {
    this.spawned = spawned;
  }

  static async start(options: SpawnOptions): Promise<OurProgram> {
    return new OurProgram(await SpawnedPeer.start(options));
  }

  get address(): string {
    return this.spawned.address;
  }

  /** Menu 1: HELLO to a neighbour by its place in the list. */
  async hello(place: number): Promise<void> {
    await this.#afterwards(() => this.spawned.type(1, place));
  }

  /** Menu 2, until everybody has answered or is given up. */
  async obtainPeers(): Promise<void> {
    await this.#afterwards(() => this.spawned.type(2));
  }

  /** Menu 4: finds a file and downloads it; returns how it ended. */
  async download(name: string, ms = 15_000): Promise<LoggedEvent> {
    const since = this.spawned.events.length;
    const found = await this.#search();
    const place = found.findIndex((file) => file.name === name);
    if (place === -1) throw new Error(`${name} was not found: ${JSON.stringify(found)}`);
    this.spawned.type(place + 1);
    const isEnd = ({ event }: LoggedEvent) => event === 'download-finished' || event === 'download-failed';
    return this.spawned.until(isEnd, ms, since);
  }

  /** Menu 9. */
  async leave(): Promise<void> {
    this.spawned.type(9);
    const { code } = await this.spawned.exit;
    if (code !== 0) throw new Error(`left with ${code}: ${this.spawned.errors}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.spawned[Symbol.asyncDispose]();
  }

  async #search(): Promise<readonly FoundFileView[]> {
    const since = this.spawned.events.length;
    this.spawned.type(4);
    const event = await this.spawned.until((e) => e.event === 'search-finished', undefined, since);
    return event.event === 'search-finished' ? event.found : [];
  }

  /** Commands run one after the other: what the next one shows is the end of this one. */
  async #afterwards(command: () => void): Promise<void> {
    const since = this.spawned.events.length;
    command();
    this.spawned.type(5);
    await this.spawned.until((e) => e.event === 'statistics-shown', undefined, since);
  }
}
