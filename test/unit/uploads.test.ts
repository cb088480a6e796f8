import { describe, expect, it } from 'vitest';
import type { MessageSent } from '../../src/events.ts';
import type { Address } from '../../src/protocol/address.ts';
import { Uploads } from '../../src/uploads.ts';

const NEIGHBOUR = '127.0.0.1:5002' as Address;

const chunk = (name: string, chunks: number): MessageSent => ({
  event: 'message-sent',
  to: NEIGHBOUR,
  type: 'FILE',
  args: [],
  clock: 1,
  reply: true,
  token: name,
  bytes: 10,
  chunks,
});

describe('Uploads', () => {
  it('are those of which something is missing', () => {
    const uploads = new Uploads(() => 0);
    uploads.report(chunk('um', 1));
    uploads.report(chunk('dois', 2));
    expect(uploads.underWay()).toEqual([{ to: NEIGHBOUR, name: 'dois' }]);
    uploads.report(chunk('dois', 2));
    expect(uploads.underWay()).toEqual([]);
  });

  it('in blocks end with the one that ends the file', () => {
    const uploads = new Uploads(() => 0);
    const block = { ...chunk('a', 1), type: 'DATA', chunks: undefined } as const;
    uploads.report(block);
    uploads.report(block);
    expect(uploads.underWay()).toEqual([{ to: NEIGHBOUR, name: 'a' }]);
    uploads.report({ ...block, endsFile: true });
    expect(uploads.underWay()).toEqual([]);
  });

  it('end with the neighbour, and after a while without a request', () => {
    let now = 0;
    const uploads = new Uploads(() => now);
    uploads.report(chunk('a', 3));
    now = 4_999;
    expect(uploads.underWay()).toHaveLength(1);
    now = 5_000;
    expect(uploads.underWay()).toEqual([]);
    uploads.report(chunk('a', 3));
    expect(uploads.underWay()).toHaveLength(1);
    uploads.report({ event: 'neighbour-status-changed', neighbour: NEIGHBOUR, status: 'OFFLINE' });
    expect(uploads.underWay()).toEqual([]);
  });
});
