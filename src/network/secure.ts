import type net from 'node:net';
import tls from 'node:tls';
import { ConnectionError } from '../errors.ts';
import { SOCKET_BUFFER_BYTES } from '../limits.ts';
import type { Timing } from './timing.ts';

/**
 * A private network (protocol, section 6, "Key"): TLS 1.3 with a pre-shared key around every socket. The key alone proves the other
 * side, both ways: there are no certificates, none is accepted, and every handshake has a fresh X25519 exchange, so that who learns
 * the key later cannot read what was recorded before.
 *
 * Half-open closes stay what they are: `end` sends close_notify and then the FIN, and a TLS socket hands both on as one `end`.
 */
const IDENTITY = 'eachare';
const TLS: tls.SecureContextOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  // An external key goes with SHA-256.
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ecdhCurve: 'X25519',
};

/** Handshakes of others at once: beyond it the oldest one of the host that has most of them goes. */
export const MAX_HANDSHAKES = 64;

export interface SecureOptions {
  /** 256 bits. */
  readonly key: Buffer;
  readonly timing: Timing;
  /** Is told of a host that has not shown that it has the key. */
  readonly onNoKey: (remoteHost: string) => void;
}

/** Puts TLS around sockets, those of others and ours. */
export class Secure {
  readonly #options: SecureOptions;
  readonly #context = tls.createSecureContext(TLS);
  /** Of others and under way, with their hosts, in the order of their arrival. */
  readonly #handshakes = new Map<net.Socket, string>();

  constructor(options: SecureOptions) {
    this.#options = options;
  }

  /** The inside of a connection that another has opened; nothing comes out of it before its handshake is over. */
  accept(outer: net.Socket): net.Socket {
    const { key, timing, onNoKey } = this.#options;
    const host = outer.remoteAddress ?? '?';
    const inner = new tls.TLSSocket(outer, {
      isServer: true,
      secureContext: this.#context,
      pskCallback: (_socket: tls.TLSSocket, identity: string) => (identity === IDENTITY ? key : null),
    } as tls.TLSSocketOptions);
    const over = () => {
      clearTimeout(timer);
      this.#handshakes.delete(inner);
    };
    const failed = () => {
      over();
      onNoKey(host);
      inner.destroy();
    };
    const timer = setTimeout(failed, timing.handshake);
    const onError = (error: Error) => {
      if (isOfTls(error)) failed();
    };
    inner.on('error', onError);
    inner.once('close', over);
    inner.once('secure', () => {
      over();
      inner.off('error', onError);
    });
    this.#handshakes.set(inner, host);
    if (this.#handshakes.size > MAX_HANDSHAKES) this.#giveUpOne();
    return resettable(inner, outer);
  }

  /** The inside of a connection that we open; to be used once it is `established`. */
  connect(outer: net.Socket): net.Socket {
    const { key } = this.#options;
    const inner = tls.connect({
      ...TLS,
      socket: outer,
      highWaterMark: SOCKET_BUFFER_BYTES,
      pskCallback: () => ({ psk: key, identity: IDENTITY }),
      // Nobody is trusted because of a certificate: this is only asked where the key was not used.
      ca: [],
      checkServerIdentity: () => new Error('no key'),
    } as tls.ConnectionOptions);
    return resettable(inner, outer);
  }

  /**
   * Waits until the other side of a connection of ours has shown that it has the key; destroys the socket where it does not.
   * @throws ConnectionError `no-key`, `aborted`
   */
  established(inner: net.Socket, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: ConnectionError) => {
        clearTimeout(timer);
        inner.off('secureConnect', onSecure).off('error', onFailed).off('close', onFailed);
        signal?.removeEventListener('abort', onAbort);
        if (error === undefined) return resolve();
        inner.destroy();
        reject(error);
      };
      const onFailed = (cause?: unknown) => done(new ConnectionError('no-key', { cause }));
      // With an external key TLS 1.3 goes the way of a resumed session; all else would have proved something else.
      const onSecure = () => ((inner as tls.TLSSocket).isSessionReused() ? done() : onFailed());
      const onAbort = () => done(new ConnectionError('aborted'));
      const timer = setTimeout(onFailed, this.#options.timing.handshake);
      inner.on('secureConnect', onSecure).on('error', onFailed).on('close', onFailed);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted === true) onAbort();
      else if (inner.destroyed) onFailed();
    });
  }

  #giveUpOne(): void {
    const counts = new Map<string, number>();
    for (const host of this.#handshakes.values()) counts.set(host, (counts.get(host) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const [inner, host] of this.#handshakes) {
      if (counts.get(host) !== most) continue;
      this.#handshakes.delete(inner);
      this.#options.onNoKey(host);
      inner.destroy();
      return;
    }
  }
}

/** Whether it was the handshake that failed, and not the network: who hangs up is not accused. */
function isOfTls(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

/** Only the outer socket can send a RST. */
function resettable(inner: tls.TLSSocket, outer: net.Socket): net.Socket {
  // What breaks the outer socket ends the inner one, which tells.
  outer.on('error', () => undefined);
  inner.resetAndDestroy = () => {
    outer.resetAndDestroy();
    return inner.destroy();
  };
  return inner;
}
