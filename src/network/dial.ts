import net from 'node:net';
import { ConnectionError, type ConnectionErrorCode } from '../errors.ts';
import { CONNECT_TIMEOUT_MS, SOCKET_BUFFER_BYTES } from '../limits.ts';
import { splitAddress, type Address } from '../protocol/address.ts';
import { replyReader } from '../protocol/frame-reader.ts';
import { Connection } from './connection.ts';
import { connectionError } from './connection-error.ts';

/**
 * Connects to a neighbour.
 * @throws ConnectionError `refused`, `unreachable`, `unknown-host`, `connect-timeout`, `no-resources`, `reset`, `aborted`
 */
export async function dial(address: Address, signal?: AbortSignal): Promise<Connection> {
  if (signal?.aborted) throw new ConnectionError('aborted');
  // The types of Node.js lack this option of its streams for sockets that connect.
  const buffer = { writableHighWaterMark: SOCKET_BUFFER_BYTES };
  const socket = net.connect({ ...splitAddress(address), ...buffer, allowHalfOpen: true, noDelay: true });
  const connection = new Connection(socket, replyReader());
  await new Promise<void>((resolve, reject) => {
    const done = (error?: ConnectionError) => {
      clearTimeout(timer);
      socket.off('connect', onConnect).off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      if (error === undefined) return resolve();
      connection.destroy();
      reject(error);
    };
    const fail = (code: ConnectionErrorCode) => done(new ConnectionError(code));
    const onConnect = () => done();
    const onError = (error: Error) => done(connectionError(error));
    const onAbort = () => fail('aborted');
    const timer = setTimeout(() => fail('connect-timeout'), CONNECT_TIMEOUT_MS);
    socket.on('connect', onConnect).on('error', onError);
    signal?.addEventListener('abort', onAbort);
  });
  return connection;
}
