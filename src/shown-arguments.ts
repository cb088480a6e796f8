import { MAX_SHOWN_ARGS, SHOWN_BASE64_CHARS } from './limits.ts';
import { headArguments } from './protocol/encode.ts';
import type { Draft } from './protocol/message.ts';

/** Bytes whose base64 is as long as what is shown of it. */
const SHOWN_BYTES = (SHOWN_BASE64_CHARS / 4) * 3;

/** The arguments of a message for screen and log: as on the wire, the base64 and long lists cut. */
export function shownArguments(draft: Draft): readonly string[] {
  const args = headArguments(draft);
  if (draft.type === 'FILE') {
    return draft.data.length === 0 ? args : [...args, draft.data.toString('base64', 0, SHOWN_BYTES)];
  }
  return args.length <= MAX_SHOWN_ARGS ? args : [...args.slice(0, MAX_SHOWN_ARGS), '…'];
}
