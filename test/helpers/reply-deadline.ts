import { RawServer } from './raw-server.ts';
import { TestPeer } from './test-peer.ts';

/**
 * A yardstick of the same run: a request that is never answered. What ends before this peer gives it up has not waited
 * for a reply deadline of its own.
 */
export class ReplyDeadline implements AsyncDisposable {
  isOver = false;
  readonly #silent: RawServer;
  readonly #asker: TestPeer;
  readonly #asking: Promise<void>;

  private constructor(silent: RawServer, asker: TestPeer) {
    this.#silent = silent;
    this.#asker = asker;
    this.#asking = asker.peer.request(silent.address, { type: 'LS' }).then(
      () => undefined,
      () => void (this.isOver = true),
    );
  }

  /** Asks, and so begins to count. */
  static async start(): Promise<ReplyDeadline> {
    return new ReplyDeadline(await RawServer.start(), await TestPeer.start());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#asker.close(), this.#silent.close()]);
    await this.#asking;
  }
}
