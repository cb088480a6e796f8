/** Enough of a payload to hold its head; the entries are counted without making strings of them. */
const HEAD = /^\S+ (?:[0-9]+ )?(?:PEER_LIST|PEERS_LIST|LS_LIST) ([0-9]{1,9})(?: |$)/;
const MESSAGE = /^\S+:[0-9]+ (?:[0-9]+ )?[A-Z]+(?:_[A-Z]+)?(?: |\r?$)/;
const HEAD_BYTES = 400;
/** A first line of this length holds its entries itself: those who send one entry a line begin with a short one. */
const LONG_LINE_BYTES = 64 * 1024;
const SPACE = 0x20;

/**
 * How many entries a list announces beyond those on its first line: some programs send one entry a line (section 7),
 * others count wrongly. 0 for everything that is no list.
 */
export function entriesToCome(payload: Buffer): number {
  if (payload.length > LONG_LINE_BYTES) return 0;
  const head = HEAD.exec(payload.toString('latin1', 0, HEAD_BYTES));
  if (head === null) return 0;
  let entries = 0;
  for (let at = head[0].trimEnd().length; at < payload.length; at++) {
    if (payload[at] === SPACE && at + 1 < payload.length && payload[at + 1] !== SPACE) entries += 1;
  }
  return Math.max(0, Number(head[1]) - entries);
}

/** Whether a line is a message of its own and no entry of a list. */
export function looksLikeMessage(line: Buffer): boolean {
  return MESSAGE.test(line.toString('latin1', 0, HEAD_BYTES));
}

/** One payload of the lines of a list. */
export function joinLines(lines: readonly Buffer[]): Buffer {
  const [first] = lines;
  if (lines.length === 1 && first !== undefined) return first;
  return Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [Buffer.of(SPACE), line])));
}
