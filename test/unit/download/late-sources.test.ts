import { describe, expect, it } from 'vitest';
import { AskingLimit, LateSources } from '../../../src/download/late-sources.ts';
import { MAX_SOURCES } from '../../../src/limits.ts';
import type { Peer } from '../../../src/peer.ts';
import type { Address } from '../../../src/protocol/address.ts';

const address = (text: string) => text as Address;
const MINUTE = 60_000;

/** What is asked of whom, where these are ONLINE; all have the file. */
function look(options: {
  readonly online: () => readonly Address[];
  readonly isConfirmed?: (neighbour: Address) => boolean;
  readonly hostMs?: number;
}) {
  const asked: Address[] = [];
  const found: Address[] = [];
  const request = (to: Address) => {
    asked.push(to);
    return Promise.resolve({ type: 'LS_LIST', files: [{ token: 'x', size: 7 }] });
  };
  const late = new LateSources({
    peer: { request } as unknown as Pick<Peer, 'request'>,
    neighbours: { online: () => [...options.online()] },
    isConfirmed: options.isConfirmed ?? (() => true),
    limit: new AskingLimit(options.hostMs ?? MINUTE),
    file: { name: 'x', size: 7, sources: [{ address: address('10.0.0.1:5001'), token: 'x' }] },
    signal: new AbortController().signal,
    onFound: (source) => found.push(source.address),
  });
  return { late, asked, found };
}

/** Online only once the download has begun. */
function arriving(addresses: readonly string[]) {
  let calls = 0;
  return () => (calls++ === 0 ? [] : addresses.map(address));
}

describe('LateSources', () => {
  it('asks no host more than once a minute, however many neighbours are said to live there', () => {
    const spoofed = Array.from({ length: 140 }, (_, i) => `10.0.0.9:${i + 1}`);
    const { late, asked } = look({ online: arriving(spoofed) });
    for (let now = 0; now < MINUTE; now += 100) late.look(now);
    expect(asked).toEqual(['10.0.0.9:1']);
    late.look(MINUTE);
    expect(asked).toEqual(['10.0.0.9:1', '10.0.0.9:2']);
  });

  it('asks eight a minute in all', () => {
    const many = Array.from({ length: 100 }, (_, i) => `10.0.1.${i}:5001`);
    const { late, asked } = look({ online: arriving(many) });
    for (let now = 0; now < MINUTE; now += 100) late.look(now);
    expect(asked).toHaveLength(8);
    late.look(MINUTE);
    expect(asked).toHaveLength(16);
    expect(new Set(asked).size).toBe(16);
  });

  it('asks nobody who has never answered us', () => {
    const confirmed = new Set<string>();
    const { late, asked } = look({
      online: arriving(['10.0.1.1:5001', '10.0.1.2:5001']),
      isConfirmed: (neighbour) => confirmed.has(neighbour),
    });
    late.look(0);
    expect(asked).toEqual([]);
    confirmed.add('10.0.1.2:5001');
    late.look(100);
    expect(asked).toEqual(['10.0.1.2:5001']);
  });

  it('finds no more than a download may have', async () => {
    const many = Array.from({ length: 2 * MAX_SOURCES }, (_, i) => `10.0.1.${i}:5001`);
    const { late, asked, found } = look({ online: arriving(many), hostMs: 0 });
    for (let minute = 0; minute < 10; minute++) {
      late.look(minute * MINUTE);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(found).toHaveLength(MAX_SOURCES - 1);
    expect(asked.length).toBeLessThan(MAX_SOURCES + 8);
  });
});
