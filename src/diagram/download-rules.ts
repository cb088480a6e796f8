import type { LoggedDownload, LoggedMessage, Run } from './model.ts';
import type { Court } from './rules.ts';

/** Chunks of a download that are followed one by one: a byte each. */
const MAX_CHUNKS = 2 ** 26;

/**
 * Each finished download: every chunk that was not there before has arrived, and what the sources are said to have given
 * is the file and nothing twice (a chunk that was asked of two sources counts for one).
 */
export function downloadFaults(run: Run, court: Court): void {
  let start: LoggedDownload | undefined;
  let isDoubted = false;
  for (const event of run.downloads) {
    if (event.what === 'started') {
      start = event;
      isDoubted = false;
    } else if (event.what === 'doubted') {
      isDoubted = true;
    } else if (event.what === 'finished' && start?.name === event.name) {
      check(run, start, event, isDoubted, court);
    }
  }
}

function check(run: Run, start: LoggedDownload, end: LoggedDownload, isDoubted: boolean, court: Court): void {
  const { name, size, chunkSize } = start;
  const chunks = Math.ceil(size / chunkSize);
  if (!(chunks > 0 && chunks <= MAX_CHUNKS)) return;
  court.check('chunk', chunks);
  const hasCome = new Uint8Array(chunks);
  for (let at = start.after; at < end.after; at += 1) {
    const message = run.messages[at]!;
    if (message.sent || (message.type !== 'FILE' && message.type !== 'DATA')) continue;
    const [first, last] = chunksOf(message, name, size, chunkSize);
    hasCome.fill(1, first, last);
  }
  const come = hasCome.reduce((sum, each) => sum + each, 0) * chunkSize;
  const bytes = hasCome[chunks - 1] === 1 ? come - (chunks * chunkSize - size) : come;
  const witness = {
    file: end.file,
    line: end.row,
    peer: run.address,
    event: `terminou o download de ${name}`,
  };
  if (bytes < size - start.resumed) {
    const missing = size - start.resumed - bytes;
    court.blame('chunk', `${missing} bytes do arquivo não chegaram em nenhum FILE registrado`, witness);
    return;
  }
  const given = end.shares.reduce((sum, [, share]) => sum + share, start.resumed);
  // What was thrown away and fetched again counts for both sources.
  if (given !== size && !(isDoubted && given > size)) {
    court.blame('chunk', `as fontes deram ${given} bytes de um arquivo de ${size}`, witness);
  }
}

/** The chunks that a message brings for the file of that name: from, and up to but without. */
function chunksOf(message: LoggedMessage, name: string, size: number, chunkSize: number): [number, number] {
  const [token = '', second = '', third = ''] = message.args.split(' ', 3);
  if (!isNamed(token, name)) return [0, 0];
  const [a, b] = [Number(second), Number(third)];
  if (message.type === 'DATA') return [Math.ceil(a / chunkSize), Math.ceil((a + b) / chunkSize)];
  return a === 0 || a >= size ? [0, Math.ceil(size / chunkSize)] : [b, b + 1];
}

/** A name travels percent-encoded, with its size behind it, or in base64 (protocol, sections 6 and 7). */
function isNamed(token: string, name: string): boolean {
  if (token === name || token.startsWith(`${name}:`) || token === Buffer.from(name).toString('base64'))
    return true;
  try {
    return decodeURIComponent(token).normalize() === name.normalize();
  } catch {
    // Bytes that are no UTF-8 have no name that we could compare with.
    return true;
  }
}
