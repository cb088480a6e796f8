import { LogReader } from '../read-log.ts';
import type { Logs } from '../model.ts';

/** A model that grows is looked at again after this long at the least, and never for most of the time. */
const LEAST_PAUSE_MS = 150;
const PAUSE_RATIO = 4;

interface Piece {
  readonly file: number;
  readonly row: number;
  readonly lines: readonly string[];
}

/**
 * Follows the logs that the server sends, all lines anew on each connection. `onGrowth` gets what has been read, seldom
 * enough to leave time for the person; `warn` what went wrong in one line, and nothing once it is well again.
 */
export function followLogs(onGrowth: (logs: Logs) => void, warn: (text: string) => void): void {
  let reader = new LogReader();
  let files: readonly string[] = [];
  let timer: number | undefined;
  let pause = LEAST_PAUSE_MS;
  const update = (): void => {
    timer = undefined;
    const started = performance.now();
    try {
      warn('');
      onGrowth(reader.logs);
    } catch (error) {
      // A peer that was asked for may not have started yet.
      warn(error instanceof Error ? error.message : String(error));
    }
    pause = Math.max(LEAST_PAUSE_MS, PAUSE_RATIO * (performance.now() - started));
  };
  const source = new EventSource('/eventos');
  source.addEventListener('inicio', ({ data }: MessageEvent<string>) => {
    reader = new LogReader();
    files = JSON.parse(data) as string[];
    warn('');
  });
  source.addEventListener('erro', ({ data }: MessageEvent<string>) => {
    source.close();
    warn(JSON.parse(data) as string);
  });
  source.addEventListener('error', () => warn('O programa que acompanha os registros não responde.'));
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const { file, row, lines } = JSON.parse(data) as Piece;
    try {
      lines.forEach((line, index) => reader.take(files[file] ?? '?', row + index, line));
    } catch (error) {
      source.close();
      warn(error instanceof Error ? error.message : String(error));
    }
    timer ??= setTimeout(update, pause);
  });
}
