import { describe, expect, it } from 'vitest';
import { MAX_NEIGHBOURS } from '../../../src/limits.ts';
import { Hosts } from '../../../src/network/hosts.ts';
import type { Address } from '../../../src/protocol/address.ts';

const lab = 'lab-3:5001' as Address;

describe('Hosts', () => {
  it.each([
    ['10.0.0.3:5001', '10.0.0.3', true],
    ['10.0.0.3:5001', '::ffff:10.0.0.3', true],
    ['[::1]:5001', '::1', true],
    ['localhost:5001', '127.0.0.1', true],
    ['10.0.0.3:5001', '10.0.0.4', false],
    ['localhost:5001', '10.0.0.4', false],
    ['lab-3:5001', '10.0.0.3', false],
  ])('%s is at %s: %s', (address, host, expected) => {
    expect(new Hosts().isAt(address as Address, host)).toBe(expected);
  });

  it('takes a name for the host that was last reached under it', () => {
    const hosts = new Hosts();
    hosts.note(lab, '::ffff:10.0.0.3');
    expect(hosts.isAt(lab, '10.0.0.3')).toBe(true);
    expect(hosts.isAt('lab-3:5002' as Address, '10.0.0.3')).toBe(false);
    hosts.note(lab, '10.0.0.4');
    expect(hosts.isAt(lab, '10.0.0.3')).toBe(false);
  });

  it('does not grow without bound', () => {
    const hosts = new Hosts();
    hosts.note(lab, '10.0.0.3');
    for (let i = 0; i < MAX_NEIGHBOURS; i++) hosts.note(`h${i}:1` as Address, '10.0.0.9');
    expect(hosts.isAt(lab, '10.0.0.3')).toBe(false);
    expect(hosts.isAt('h999:1' as Address, '10.0.0.9')).toBe(true);
  });
});
