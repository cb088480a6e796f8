import { expect } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { Address } from '../../src/protocol/address.ts';
import type { FoundFileView } from '../../src/events.ts';
import { sha256Of } from './memory-share.ts';
import { TestPeer } from './test-peer.ts';

interface Addressed {
  readonly address: Address;
}

/** A peer that has these neighbours ONLINE and knows nothing else of them. */
export async function startPeerWith(...neighbours: readonly Addressed[]): Promise<TestPeer> {
  // An honest source tells its digest at once; on a busy machine that takes a while.
  const peer = await TestPeer.start({ timing: { firstDigestsMs: 1_500 } });
  for (const { address } of neighbours) peer.neighbours.observe(address, 'ONLINE');
  return peer;
}

/** A peer that has greeted these: it knows who of them has sessions, and who can tell digests. */
export async function startPeerThatGreeted(...neighbours: readonly Addressed[]): Promise<TestPeer> {
  const peer = await startPeerWith(...neighbours);
  for (const { address } of neighbours) await peer.peer.hello(address);
  for (const { address } of neighbours) peer.neighbours.observe(address, 'ONLINE');
  return peer;
}

/** Searches, and downloads that row of what is found, counted from 1; returns what was found. */
export async function search(peer: TestPeer, row = 0): Promise<readonly FoundFileView[]> {
  await searchFiles(peer.desk({ answers: [String(row)], chunkSize: 1000 }));
  return peer.reporter.all('search-finished').at(-1)?.found ?? [];
}

/** How many DIGEST it has sent. */
export function digestsAsked(peer: TestPeer): number {
  return peer.reporter.all('message-sent').filter(({ type }) => type === 'DIGEST').length;
}

/** A download of the first file that these neighbours have; of them nothing is known before. */
export async function downloadFrom(...neighbours: readonly Addressed[]): Promise<TestPeer> {
  const peer = await startPeerWith(...neighbours);
  await search(peer, 1);
  return peer;
}

/** That file has arrived, and a source has told the digest that it has. */
export function expectProven(peer: TestPeer, data: Buffer): void {
  expect(peer.share.files.get('f')?.equals(data)).toBe(true);
  expect(peer.reporter.all('download-finished')).toMatchObject([{ isProven: true, sha256: sha256Of(data) }]);
  expect(peer.reporter.all('download-failed')).toEqual([]);
}
