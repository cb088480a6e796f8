import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, splitAddress } from '../../../src/protocol/address.ts';

describe('addresses', () => {
  it.each([
    ['127.0.0.1:5001', '127.0.0.1', 5001],
    ['[::1]:5001', '::1', 5001],
    ['lab-3.each.usp.br:80', 'lab-3.each.usp.br', 80],
    ['peer_1:65535', 'peer_1', 65535],
  ])('%s', (text, host, port) => {
    const address = parseAddress(text);
    expect(address).toBe(text);
    if (address === undefined) return;
    expect(splitAddress(address)).toEqual({ host, port });
    expect(formatAddress({ host, port })).toBe(text);
  });

  it('has one spelling', () => {
    expect(parseAddress('LOCALHOST:080')).toBe('localhost:80');
    expect(parseAddress('[2001:DB8::1]:80')).toBe('[2001:db8::1]:80');
  });

  it.each([
    '',
    ':',
    'host',
    'host:',
    ':80',
    'host:0',
    'host:65536',
    'host:-1',
    'host:8a',
    'host: 80',
    'ho st:80',
    '::1:80',
    '[::1]',
    '[::g]:80',
    '[fe80::1%eth0]:80',
    '[127.0.0.1]:80',
    '256.0.0.1:80',
    '1.2.3:80',
    'a..b:80',
    '-a:80',
    'ho/st:80',
    'host\n:80',
    `${'a'.repeat(64)}:80`,
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('takes port 0 only where any free port is meant', () => {
    expect(parseAddress('127.0.0.1:0', { allowPortZero: true })).toBe('127.0.0.1:0');
  });
});
