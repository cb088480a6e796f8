import { MAX_SHOWN_ARGS, SHOWN_BASE64_CHARS } from '../limits.ts';
import { headArguments } from '../protocol/encode.ts';
import type { Draft } from '../protocol/message.ts';

/** Bytes whose base64 is as long as what is shown of it. */
const SHOWN_BYTES = (SHOWN_BASE64_CHARS / 4) * 3;

/** The arguments of a message for screen and log: as on the wire, the base64 and long lists cut. */
export function shownArguments(draft: Draft): readonly string[] {
  switch (draft.type) {
    case 'FILE': {
      const data = draft.data.toString('base64', 0, SHOWN_BYTES);
      return data === '' ? headArguments(draft) : [...headArguments(draft), data];
    }
    case 'PEER_LIST':
      return shownList(
        draft.peers.length,
        headArguments({ ...draft, peers: draft.peers.slice(0, MAX_SHOWN_ARGS) }),
      );
    case 'LS_LIST':
      return shownList(
        draft.files.length,
        headArguments({ ...draft, files: draft.files.slice(0, MAX_SHOWN_ARGS) }),
      );
    default: {
      const args = headArguments(draft);
      return args.length <= MAX_SHOWN_ARGS ? args : [...args.slice(0, MAX_SHOWN_ARGS), '…'];
    }
  }
}

/** The first entries of a list behind the count of all. */
function shownList(count: number, [, ...entries]: readonly string[]): string[] {
  return [String(count), ...entries, ...(count > entries.length ? ['…'] : [])];
}
