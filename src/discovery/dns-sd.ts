import type { EventEmitter } from 'node:events';
import { randomBytes } from 'node:crypto';
import { Bonjour, type Service } from 'bonjour-service';
import { MAX_UNCONFIRMED } from '../limits.ts';
import type { LocalNetwork, OwnAnnouncement } from './discovery.ts';

/** DNS-SD over multicast DNS (RFC 6763, RFC 6762), as printers and LocalSend do it. */
const TYPE = 'eachare';

/** The announcement is taken back within this, or not at all: nobody waits longer for a program to leave. */
const GOODBYE_MS = 500;

/** What the library keeps to itself: without a listener its errors would end the program. */
interface Inside {
  readonly server: { readonly mdns: EventEmitter & { query: (...args: readonly unknown[]) => void } };
}

/** Begins to announce and to look; what it returns takes the announcement back and ends it. */
export function joinLocalNetwork(own: OwnAnnouncement, local: LocalNetwork): () => Promise<void> {
  const onError = () => local.onFailed();
  const { networkInterface } = own;
  // Bound to the address of an interface, Linux delivers no multicast.
  const options = networkInterface === undefined ? {} : { interface: networkInterface, bind: '0.0.0.0' };
  const bonjour = new Bonjour(options as ConstructorParameters<typeof Bonjour>[0], onError);
  const { mdns } = (bonjour as unknown as Inside).server;
  mdns.on('error', onError);
  // An interface without multicast is only warned of; whether any of them works is seen by asking.
  mdns.query(`_${TYPE}._tcp.local`, 'PTR', (error: unknown) => {
    if (error !== null && error !== undefined) onError();
  });

  const browser = bonjour.find({ type: TYPE });
  browser.on('up', (service: Service) => {
    local.onUp(announcementOf(service));
    // What was announced is remembered, and anybody may announce as much as he likes.
    if (browser.services.length > MAX_UNCONFIRMED) browser.services.shift();
  });
  browser.on('down', (service: Service) => local.onDown(announcementOf(service)));
  const id = randomBytes(6).toString('hex');
  bonjour.publish({
    // Neither the name of the machine nor that of the user; and nobody has to ask whether it is taken.
    name: `eachare-${id}`,
    host: `eachare-${id}.local`,
    probe: false,
    type: TYPE,
    port: own.port,
    txt: own.text,
  });
  return async () => {
    await withinGoodbye((done) => bonjour.unpublishAll(done));
    browser.stop();
    await withinGoodbye((done) => bonjour.destroy(done));
  };
}

function announcementOf({ txt, referer }: Service) {
  return { text: (txt ?? {}) as Readonly<Record<string, unknown>>, sender: referer?.address ?? '?' };
}

function withinGoodbye(work: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GOODBYE_MS);
    work(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
