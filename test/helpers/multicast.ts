import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Multicast DNS (RFC 6762). */
export const MDNS_GROUP = '224.0.0.251';
export const MDNS_PORT = 5353;

/** How long a datagram may take to come back to this very machine. */
const PATIENCE_MS = 2_000;

/** Whether a datagram to the group of multicast DNS comes back on the loopback interface; says so where it does not. */
export async function hasMulticast(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(0, '0.0.0.0');
    await once(socket, 'listening');
    socket.addMembership(MDNS_GROUP, '127.0.0.1');
    socket.setMulticastInterface('127.0.0.1');
    socket.send('?', socket.address().port, MDNS_GROUP);
    await once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    process.stderr.write('no multicast on the loopback interface: discovery is not tried\n');
    return false;
  } finally {
    socket.close();
  }
}
