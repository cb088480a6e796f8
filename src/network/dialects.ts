import type { Reporter } from '../events.ts';
import { MAX_NEIGHBOURS } from '../limits.ts';
import type { Address } from '../protocol/address.ts';
import type { Dialect, Proof } from '../protocol/dialect.ts';
import { SHA256 } from '../protocol/message.ts';

/** What this run has found out about the program at an address. */
interface Acquaintance {
  dialect?: Dialect;
  /** How it wants file names in DL; undefined until one way has worked. */
  names?: 'token' | 'base64';
  /** A session was tried without being offered: once is enough. */
  hasTriedSession?: true;
  /** It answers DIGEST. */
  hasDigests?: boolean;
}

/**
 * Who speaks what, by listening address, for this run (section 7). Learnt from what a program does, forgotten when it
 * says BYE; what the user has fixed is neither. Bounded: the address known for longest goes first.
 */
export class Dialects {
  readonly #known = new Map<Address, Acquaintance>();
  readonly #fixed: ReadonlyMap<Address, Dialect>;
  readonly #reporter: Reporter;

  constructor(reporter: Reporter, fixed: ReadonlyMap<Address, Dialect> = new Map()) {
    this.#reporter = reporter;
    this.#fixed = fixed;
  }

  get(address: Address): Dialect | undefined {
    return this.#fixed.get(address) ?? this.#known.get(address)?.dialect;
  }

  /** Takes note of a proof, and tells it; nothing where there is none or the user has decided. */
  learn(address: Address, proof: Proof | undefined): void {
    if (proof === undefined || this.#fixed.has(address) || this.get(address) === proof.dialect) return;
    this.#acquaintance(address).dialect = proof.dialect;
    const { dialect, evidence } = proof;
    this.#reporter.report({ event: 'dialect-learnt', neighbour: address, dialect: dialect.name, evidence });
  }

  names(address: Address): 'token' | 'base64' | undefined {
    return this.#known.get(address)?.names;
  }

  learnNames(address: Address, names: 'token' | 'base64'): void {
    this.#acquaintance(address).names = names;
  }

  /** What a RETURN_HELLO offers besides sessions. */
  learnCapabilities(address: Address, capabilities: readonly string[]): void {
    this.#acquaintance(address).hasDigests = capabilities.includes(SHA256);
  }

  hasDigests(address: Address): boolean {
    return this.get(address)?.isSession === true && this.#known.get(address)?.hasDigests === true;
  }

  /** Whether a session may be tried that was not offered: the first time, and where the user has not decided. */
  tryingSession(address: Address): boolean {
    if (this.#fixed.has(address)) return false;
    const acquaintance = this.#acquaintance(address);
    const isFirst = acquaintance.hasTriedSession === undefined;
    acquaintance.hasTriedSession = true;
    return isFirst;
  }

  forget(address: Address): void {
    this.#known.delete(address);
  }

  #acquaintance(address: Address): Acquaintance {
    const known = this.#known.get(address) ?? {};
    this.#known.set(address, known);
    if (this.#known.size > MAX_NEIGHBOURS) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return known;
  }
}
