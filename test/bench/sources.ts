import { link } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFile } from './bytes-file.ts';
import { Links } from './links.ts';
import { ScreenPeer } from './screen-peer.ts';

const NAME = 'dados.bin';

/** What a source is reached through. */
export interface Way {
  /** Bytes a second, each direction. */
  readonly rate: number;
  /** Seconds of a round trip. */
  readonly roundTrip?: number;
}

/** Some peers that serve the same file, each behind a link, and a client that has greeted them all. */
export class Sources implements AsyncDisposable {
  readonly servers: readonly ScreenPeer[];
  readonly links: Links;
  readonly client: ScreenPeer;

  private constructor(servers: readonly ScreenPeer[], links: Links, client: ScreenPeer) {
    this.servers = servers;
    this.links = links;
    this.client = client;
  }

  static async start(ways: readonly Way[], bytes: number, chunkSize: number): Promise<Sources> {
    const started: AsyncDisposable[] = [];
    const keep = <T extends AsyncDisposable>(each: T): T => {
      started.push(each);
      return each;
    };
    try {
      const servers: ScreenPeer[] = [];
      while (servers.length < ways.length) servers.push(keep(await ScreenPeer.serve()));
      const [original = '', ...copies] = servers.map(({ folder }) => join(folder, NAME));
      await makeFile(original, bytes);
      for (const copy of copies) await link(original, copy);
      const specs = ways.map(({ rate, roundTrip = 0 }, at) => ({
        target: servers[at]?.port ?? 0,
        bytesPerSecond: rate,
        delaySeconds: roundTrip / 2,
      }));
      const links = keep(await Links.start(specs));
      const args = ['--chunk', String(chunkSize)];
      const client = keep(await ScreenPeer.start({ neighbours: links.addresses, args }));
      await client.greet(ways.length);
      return new Sources(servers, links, client);
    } catch (error) {
      await Promise.all(started.map((each) => each[Symbol.asyncDispose]()));
      throw error;
    }
  }

  /** The file as it is offered, and as it has come. */
  get original(): string {
    return join(this.servers[0]?.folder ?? '', NAME);
  }

  get copy(): string {
    return join(this.client.folder, NAME);
  }

  /** Downloads the file; the links count what this brings, and nothing of the search before it. */
  download(ms: number): Promise<unknown> {
    return this.client.download(1, ms, () => this.links.reset());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [this.client, this.links, ...this.servers];
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
  }
}
