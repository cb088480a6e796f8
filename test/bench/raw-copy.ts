import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import { pipeline } from 'node:stream/promises';
import { answerQuestions, Child, isMain } from './child.ts';
import { clock } from './measure.ts';

/** The yardstick: a file over a bare `net` stream, from one process to another. */

type Question = { readonly serve: string } | { readonly port: number; readonly path: string };

/** Both halves; each runs in a process of its own. The answer is the port, or the seconds. */
if (isMain(import.meta.filename)) {
  answerQuestions<Question, number>((question) =>
    'serve' in question ? serve(question.serve) : receive(question.port, question.path),
  );
}

/** Sends the file to whoever connects. */
function serve(file: string): Promise<number> {
  const server = net.createServer((socket) => {
    pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), socket).catch(() => socket.destroy());
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    }),
  );
}

async function receive(port: number, path: string): Promise<number> {
  await rm(path, { force: true });
  const start = clock();
  await pipeline(net.connect({ port, host: '127.0.0.1' }), createWriteStream(path));
  return clock() - start;
}

/** A sender and a receiver, each a process. */
export class RawCopy implements AsyncDisposable {
  readonly #sender = new Child<Question, number>(import.meta.filename);
  readonly #receiver = new Child<Question, number>(import.meta.filename);

  /** Offers a file and returns the port. */
  serve(file: string): Promise<number> {
    return this.#sender.ask({ serve: file });
  }

  /** Seconds to copy what is offered at that port into a file. */
  receive(port: number, path: string): Promise<number> {
    return this.#receiver.ask({ port, path }, 300_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#sender[Symbol.asyncDispose](), this.#receiver[Symbol.asyncDispose]()]);
  }
}
