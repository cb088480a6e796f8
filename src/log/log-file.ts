import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { FileError } from '../errors.ts';
import { fileError, systemCode } from '../disk/file-error.ts';

// Without O_NONBLOCK a pipe that nobody reads would stop the whole program; Windows lacks the flag.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** The file is written this long after an event at the latest, and earlier when this much waits. */
export const LOG_FLUSH_MS = 50;
export const LOG_BUFFER_BYTES = 64 * 1024;

/** A log that is a pipe may lag behind by this much; then its reader counts as gone. */
export const MAX_LOG_BACKLOG_BYTES = 1024 * 1024;

/** How long the end of the program waits for a slow reader. */
export const LOG_CLOSE_TIMEOUT_MS = 500;

const PIPE_RETRY_MS = 2;

/**
 * The file of the event log. Lines are gathered for LOG_FLUSH_MS and written synchronously, so that a program that ends
 * on the spot still writes its last words. It may be a pipe: what that cannot take now waits, within bounds.
 *
 * Own code, because sonic-boom 5 holds only one half of that at a time: synchronous, it sleeps 100 ms at each full pipe and
 * the whole program with it; asynchronous, what it writes at the end of the program may come before what is still on its way.
 */
export class LogFile {
  readonly #path: string;
  #descriptor: number;
  /** Bytes after which the file is put aside; Infinity for what is no file. */
  readonly #maxBytes: number;
  #bytes: number;
  readonly #onError: (error: FileError) => void;
  /** What was written before and is not on the file yet, and the lines after it. */
  #waiting = Buffer.alloc(0);
  #lines: string[] = [];
  #chars = 0;
  #timer: NodeJS.Timeout | undefined;
  /** A pipe that was full at the last try: only the timer tries again, not every line. */
  #blocked = false;
  #ended = false;

  private constructor(path: string, onError: (error: FileError) => void, maxBytes: number) {
    this.#path = path;
    this.#descriptor = openSync(path, FLAGS, 0o666);
    const stats = fstatSync(this.#descriptor);
    this.#bytes = stats.size;
    this.#maxBytes = stats.isFile() ? maxBytes : Infinity;
    this.#onError = onError;
  }

  /**
   * Opens a file to append to, new where there is none.
   * @param onError called for the first failed write; nothing is written after it
   * @param maxBytes a file that would become larger is renamed to `<path>.1`, in place of an older one, and begun anew
   * @throws FileError `not-found`, `not-a-file`, `no-permission`, `disk-full`, `io`
   */
  static open(path: string, onError: (error: FileError) => void, maxBytes = Infinity): LogFile {
    try {
      return new LogFile(path, onError, maxBytes);
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** Adds a line, given without its newline. Never throws. */
  write(line: string): void {
    if (this.#ended) return;
    this.#lines.push(line);
    this.#chars += line.length + 1;
    const most = this.#blocked ? MAX_LOG_BACKLOG_BYTES : LOG_BUFFER_BYTES;
    if (this.#waiting.length + this.#chars > most) this.flush();
    else this.#schedule();
  }

  /** Writes what waits, as far as the file takes it now. Never throws. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#ended || this.#isEmpty) return;
    // Encoded once for all lines: they come by the hundred thousand a second.
    this.#lines.push('');
    let waiting = Buffer.concat([this.#waiting, Buffer.from(this.#lines.join('\n'))]);
    this.#lines = [];
    this.#chars = 0;
    try {
      if (this.#bytes > 0 && this.#bytes + waiting.length > this.#maxBytes) this.#rotate();
      while (waiting.length > 0) {
        const written = writeSync(this.#descriptor, waiting);
        this.#bytes += written;
        waiting = waiting.subarray(written);
      }
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN' || waiting.length > MAX_LOG_BACKLOG_BYTES) return this.#fail(error);
      this.#schedule();
    }
    this.#blocked = waiting.length > 0;
    this.#waiting = waiting;
  }

  /** Writes what waits and closes the file; a pipe gets LOG_CLOSE_TIMEOUT_MS to take it. Never throws. */
  close(): void {
    if (this.#ended) return;
    const deadline = performance.now() + LOG_CLOSE_TIMEOUT_MS;
    this.flush();
    while (!this.#isEmpty && performance.now() < deadline) {
      pause(PIPE_RETRY_MS);
      this.flush();
    }
    this.#end();
  }

  get #isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#lines.length === 0;
  }

  /** Lines stay whole: a file takes all that it is given at once. */
  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`);
    const former = this.#descriptor;
    this.#descriptor = openSync(this.#path, FLAGS, 0o666);
    closeSync(former);
    this.#bytes = 0;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), LOG_FLUSH_MS).unref();
  }

  #fail(error: unknown): void {
    const problem = fileError(error, this.#path);
    this.#end();
    this.#onError(problem);
  }

  #end(): void {
    // A failed write ended it from within `flush`.
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#waiting = Buffer.alloc(0);
    this.#lines = [];
    try {
      closeSync(this.#descriptor);
    } catch (error) {
      // Network file systems tell here that an earlier write did not arrive.
      this.#onError(fileError(error, this.#path));
    }
  }
}

/** Blocks the thread: the program is ending, and no event loop may be left to wait with. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
