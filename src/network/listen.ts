import type net from 'node:net';
import { StartError, type StartErrorCode } from '../errors.ts';
import { LISTEN_BACKLOG } from '../limits.ts';
import { formatAddress, splitAddress, type Address } from '../protocol/address.ts';

const START_CODES: Readonly<Record<string, StartErrorCode>> = {
  EADDRINUSE: 'port-taken',
  EACCES: 'port-forbidden',
  EADDRNOTAVAIL: 'address-not-local',
  ENOTFOUND: 'address-not-local',
  EAI_AGAIN: 'address-not-local',
};

/**
 * Lets a server listen at an address, and returns the real one: port 0 lets the system choose.
 * @throws StartError `port-taken`, `port-forbidden`, `address-not-local`, `listen-failed`
 */
export async function listen(server: net.Server, address: Address): Promise<Address> {
  const { host, port } = splitAddress(address);
  await new Promise<void>((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) =>
      reject(new StartError(START_CODES[cause.code ?? ''] ?? 'listen-failed', { cause }));
    server.once('error', onError);
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
      server.off('error', onError);
      resolve();
    });
  });
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? formatAddress({ host, port: bound.port }) : address;
}
