import { ConnectionError, type ConnectionErrorCode } from '../errors.ts';

const CODES: Readonly<Record<string, ConnectionErrorCode>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'no-resources',
  EMFILE: 'no-resources',
  ENFILE: 'no-resources',
  ENOBUFS: 'no-resources',
  ETIMEDOUT: 'connect-timeout',
};

/** What a socket's error says about the other side; all that is not listed broke the connection. */
export function connectionError(cause: Error): ConnectionError {
  const code = 'code' in cause && typeof cause.code === 'string' ? CODES[cause.code] : undefined;
  return new ConnectionError(code ?? 'reset', { cause });
}
