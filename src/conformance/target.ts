import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError } from '../errors.ts';
import { formatAddress, splitAddress, type Address } from '../protocol/address.ts';
import type { DialectName } from '../protocol/dialect.ts';
import { Asker, type AskerOptions, type Exchange } from './asker.ts';
import { Wire } from './wire.ts';

/** Between two tries to connect to a program that may have ended. */
const TRY_AGAIN_MS = 150;

/** How the program puts messages into connections, as far as asking it depends on that. */
export interface Manner {
  dialect: DialectName;
  /** What has shown it, in Portuguese. */
  evidence: string;
  /** Where its replies come. */
  answers: 'unknown' | 'here' | 'back';
  /** Everything goes over one connection. */
  keeps: boolean;
  /** It understands GET_PEERS only with a space before the newline. */
  wantsSpace: boolean;
  /** It does not close after a reply. */
  leavesOpen: boolean;
}

/** The program does not take connections any more. */
export class Gone extends Error {
  override readonly name = 'Gone';
}

/** It cannot go on, for a reason in Portuguese: the time is up, the person has seen enough, or the program never stops. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface TargetOptions {
  readonly address: Address;
  /** Milliseconds for each wait. */
  readonly deadlineMs: number;
  /** Milliseconds for everything. */
  readonly budgetMs: number;
  /** Aborted where the person has seen enough. */
  readonly signal: AbortSignal;
}

/** The program that is judged, and the peers that the judge plays towards it. */
export class Target {
  readonly address: Address;
  readonly deadlineMs: number;
  readonly manner: Manner = {
    dialect: 'line',
    evidence: '',
    answers: 'unknown',
    keeps: false,
    wantsSpace: false,
    leavesOpen: false,
  };
  /** Every exchange so far, in the order in which they ended. */
  readonly exchanges: Exchange[] = [];
  /** Host of this machine and of the other one, as the first connection has them. */
  localHost = '';
  remoteHost = '';
  readonly #signal: AbortSignal;
  readonly #until: number;
  readonly #askers: Asker[] = [];
  #wasReached = false;

  constructor({ address, deadlineMs, budgetMs, signal }: TargetOptions) {
    this.address = address;
    this.deadlineMs = deadlineMs;
    this.#signal = signal;
    this.#until = performance.now() + budgetMs;
    // What is waited for ends at once.
    signal.addEventListener('abort', () => this.#askers.forEach((asker) => asker.close()));
  }

  /** A new peer of the judge. */
  async asker(options: AskerOptions = {}): Promise<Asker> {
    const asker = new Asker(this, options);
    if (this.localHost === '') (await this.dial()).destroy();
    await asker.listen(this.localHost);
    this.#askers.push(asker);
    return asker;
  }

  /**
   * Opens a connection.
   * @throws ConnectionError where nobody was ever reached
   * @throws Gone where somebody was
   * @throws Stopped
   */
  async dial(): Promise<Wire> {
    if (this.#signal.aborted) throw new Stopped('a avaliação foi interrompida');
    if (performance.now() > this.#until)
      throw new Stopped('o tempo acabou: o programa responde devagar demais');
    try {
      return await this.#dialOnce();
    } catch (error) {
      if (!(error instanceof ConnectionError) || !this.#wasReached) throw error;
      await sleep(TRY_AGAIN_MS);
    }
    return this.#dialOnce().catch((cause: unknown) => {
      throw new Gone('', { cause });
    });
  }

  async #dialOnce(): Promise<Wire> {
    const wire = await Wire.dial(splitAddress(this.address), this.deadlineMs);
    this.#wasReached = true;
    this.localHost = wire.localHost;
    this.remoteHost = wire.remoteHost;
    return wire;
  }

  /** Its address as it was given, and with the host that the name stands for. */
  get names(): readonly Address[] {
    const { port } = splitAddress(this.address);
    return [this.address, formatAddress({ host: this.remoteHost, port })];
  }

  record(exchange: Exchange): Exchange {
    this.exchanges.push(exchange);
    return exchange;
  }

  /** Says BYE as everybody that it has met, as far as it still listens, and lets go of everything. */
  async leave(): Promise<void> {
    try {
      await Promise.all(this.#askers.map((asker) => asker.ask('BYE')));
    } catch {
      // It is gone, or it has taken too long: nobody is left to say BYE to.
    }
    for (const asker of this.#askers) asker.close();
  }
}
