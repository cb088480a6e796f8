import { isIPv4, isIPv6 } from 'node:net';

/**
 * `host:port` in one canonical spelling: lower case, IPv6 in brackets, port without leading zeros.
 * A branded string, so that it is a Map key, a wire token and a line of the neighbours file as it stands.
 */
export type Address = string & { readonly __address: true };

/** RFC 1123 labels, and the underscore that container networks use. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/;
/** Four numbers and dots that are no IPv4 address are a typing error, not a host name. */
const LOOKS_NUMERIC = /^[0-9.]+$/;

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

function parseHost(text: string): string | undefined {
  const host = text.toLowerCase();
  if (host.startsWith('[')) {
    const inner = host.endsWith(']') ? host.slice(1, -1) : '';
    return isIPv6(inner) && !inner.includes('%') ? `[${inner}]` : undefined;
  }
  if (isIPv4(host)) return host;
  return !LOOKS_NUMERIC.test(host) && HOST_NAME.test(host) ? host : undefined;
}

/**
 * Reads `host:port` with an IPv4 address, a host name or a bracketed IPv6 address.
 * Port 0 is taken only where `allowPortZero` says so: it means "any free port" and is nobody's address.
 */
export function parseAddress(text: string, options: { allowPortZero?: boolean } = {}): Address | undefined {
  const colon = text.lastIndexOf(':');
  if (colon < 1) return undefined;
  const portText = text.slice(colon + 1);
  if (!/^[0-9]{1,5}$/.test(portText)) return undefined;
  const port = Number(portText);
  if (port > 65_535 || (port === 0 && options.allowPortZero !== true)) return undefined;
  const host = parseHost(text.slice(0, colon));
  return host === undefined ? undefined : formatAddress({ host, port });
}

/** The parts as `net.connect` and `server.listen` want them: the host without brackets. */
export function splitAddress(address: Address): HostAndPort {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return {
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port: Number(address.slice(colon + 1)),
  };
}

/** The address of a host, with or without brackets, and a port. */
export function formatAddress({ host, port }: HostAndPort): Address {
  return (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`) as Address;
}
