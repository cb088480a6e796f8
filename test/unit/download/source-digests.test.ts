import { expect, it } from 'vitest';
import { SourceDigests, type ToldDigest } from '../../../src/download/source-digests.ts';
import { ProtocolError } from '../../../src/errors.ts';
import type { Peer } from '../../../src/peer.ts';
import type { Address } from '../../../src/protocol/address.ts';

const HOUR_MS = 3_600_000;

it('a busy source is asked again at once when somebody waits for its digest', async () => {
  let asked = 0;
  const told: ToldDigest[] = [];
  const answer = { size: 3, sha256: 'ab' };
  const request = () => {
    asked += 1;
    return asked === 1 ? Promise.reject(new ProtocolError('remote-busy')) : Promise.resolve(answer);
  };
  const digests = new SourceDigests({
    peer: { request } as unknown as Pick<Peer, 'request'>,
    timing: { firstDigestRetryMs: HOUR_MS, longestDigestRetryMs: HOUR_MS },
    signal: new AbortController().signal,
    onTold: (_, digest) => told.push(digest),
  });
  digests.ask({ address: '127.0.0.1:1' as Address, token: 'f' });
  expect(asked).toBe(1);
  await Promise.resolve();
  await digests.settled(HOUR_MS, new AbortController().signal);
  expect(told).toEqual([answer]);
});
