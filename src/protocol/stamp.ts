import type { Address } from './address.ts';
import type { Draft, Message } from './message.ts';

/**
 * A draft as the message that it becomes when it is sent. The messages of a download are put together by name: copying an
 * object of unknown shape takes as long as all the rest of sending one.
 */
export function stamp(draft: Draft, origin: Address, clock: number): Message {
  switch (draft.type) {
    case 'DL': {
      const { type, token, size, index } = draft;
      return { origin, clock, type, token, size, index };
    }
    case 'FILE': {
      const { type, token, size, index, data, rest } = draft;
      if (rest === undefined) return { origin, clock, type, token, size, index, data };
      return { origin, clock, type, token, size, index, data, rest };
    }
    default:
      return { ...draft, origin, clock };
  }
}
