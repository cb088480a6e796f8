import { MAX_NEIGHBOURS } from '../limits.ts';
import { splitAddress, type Address } from '../protocol/address.ts';

/** An IPv4 address as sockets that listen on IPv6 show it (RFC 4291, section 2.5.5.2). */
const MAPPED = '::ffff:';
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

function plain(host: string): string {
  return host.startsWith(MAPPED) ? host.slice(MAPPED.length) : host;
}

/**
 * Which addresses are surely on which host, so that nobody can speak for a program elsewhere. Names are not looked up for
 * strangers: a name counts as the host that we have reached under it ourselves. Bounded; the oldest name goes first.
 */
export class Hosts {
  readonly #reached = new Map<Address, string>();

  /** We have dialled that address and reached that host. */
  note(address: Address, remoteHost: string): void {
    this.#reached.delete(address);
    this.#reached.set(address, plain(remoteHost));
    const [oldest] = this.#reached.keys();
    if (this.#reached.size > MAX_NEIGHBOURS && oldest !== undefined) this.#reached.delete(oldest);
  }

  /** Whether a program at that address may be the one behind a socket that comes from that host. */
  isAt(address: Address, remoteHost: string): boolean {
    const { host } = splitAddress(address);
    const remote = plain(remoteHost);
    if (host === remote || this.#reached.get(address) === remote) return true;
    return host === 'localhost' && LOOPBACK.includes(remote);
  }
}
