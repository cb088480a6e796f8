import { describe, expect, it } from 'vitest';
import { address, A2 } from '../terminal/addresses.ts';
import {
  MAX_SHOWN_ARG_CHARS,
  MAX_SHOWN_ARGS,
  MessageSentEvent,
} from '../../../src/network/message-events.ts';
import type { Draft } from '../../../src/protocol/message.ts';

const sent = (draft: Draft) => new MessageSentEvent(A2, draft, 1, false, undefined);

describe('the arguments of a message, for screen and log', () => {
  it('are cut by number, after the count of all', () => {
    const files = Array.from({ length: 100 }, (_, at) => ({ token: `${at}`, size: at }));
    const peers = files.map(({ size }) => ({ address: address(`10.0.0.1:${size + 1}`), status: 'ONLINE' as const, clock: size })); // prettier-ignore
    const capabilities = files.map(({ token }) => token);
    const lists = [sent({ type: 'LS_LIST', files }), sent({ type: 'PEER_LIST', peers })];
    for (const { args } of lists) {
      expect([args[0], args.length, args.at(-1)]).toEqual(['100', 1 + MAX_SHOWN_ARGS + 1, '…']);
    }
    expect(sent({ type: 'HELLO', capabilities }).args).toHaveLength(MAX_SHOWN_ARGS + 1);
  });

  it('are cut by length: a name of 10 MB is not told', () => {
    const token = 'n'.repeat(10_000_000);
    const drafts: Draft[] = [
      { type: 'LS_LIST', files: [{ token, size: 1 }] },
      { type: 'DL', token, size: 256, index: 0 },
      { type: 'ERROR', of: 'DL', code: 'not-found', args: [token] },
      { type: 'HELLO', capabilities: [token] },
    ];
    for (const draft of drafts) {
      const { args } = sent(draft);
      expect(Math.max(...args.map((arg) => arg.length))).toBe(MAX_SHOWN_ARG_CHARS + 1);
    }
  });

  it('hold the first twenty characters of the base64', () => {
    const file = { type: 'FILE', token: 'a', size: 256, index: 0, data: Buffer.alloc(256) } as const;
    expect(sent(file).args).toEqual(['a', '256', '0', 'A'.repeat(20)]);
    expect(sent({ ...file, data: Buffer.alloc(0) }).args).toEqual(['a', '256', '0']);
  });
});

describe('a chunk that is sent', () => {
  it('tells its name and its bytes, of all its slices', () => {
    const file = { type: 'FILE', token: 'a', size: 9, index: 0, data: Buffer.alloc(6) } as const;
    const slices = { async *[Symbol.asyncIterator]() {} } as AsyncIterable<Buffer>;
    expect(sent(file)).toMatchObject({ token: 'a', bytes: 6 });
    expect(sent({ ...file, rest: { bytes: 3, slices } })).toMatchObject({ token: 'a', bytes: 9 });
    expect(sent({ type: 'LS' }).bytes).toBeUndefined();
  });
});
