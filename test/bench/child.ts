import { fork, type ChildProcess } from 'node:child_process';

/** What travels over the channel of `fork`, as JSON: an answer bears the number of its question. */
interface Letter {
  readonly number: number;
  readonly content: unknown;
}

/** A process of the bench's own that answers questions. What would take the time of what is measured runs in one of these. */
export class Child<Question, Answer> implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #asked = 0;

  /** @param file a module that calls `answerQuestions` when it is run by itself */
  constructor(file: string, args: readonly string[] = []) {
    this.#process = fork(file, args);
    this.#exited = new Promise((resolve) => this.#process.once('exit', resolve));
  }

  /** Rejects when there is no answer within `ms`, or the process ends. */
  ask(question: Question, ms = 10_000): Promise<Answer> {
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#process.off('message', onMessage);
        this.#process.off('exit', onExit);
      };
      const onMessage = (message: unknown) => {
        const letter = message as Letter;
        if (letter.number !== number) return;
        done();
        resolve(letter.content as Answer);
      };
      const fail = (why: string) => {
        done();
        reject(new Error(`${this.#process.spawnargs.join(' ')}: ${why}`));
      };
      const onExit = () => fail('ended');
      const timer = setTimeout(() => fail(`no answer within ${ms} ms`), ms);
      this.#process.on('message', onMessage);
      this.#process.on('exit', onExit);
      this.#process.send({ number, content: question }, (error) => {
        if (error !== null) fail(error.message);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}

/** The other side: answers whoever has started this process, and ends with it. */
export function answerQuestions<Question, Answer>(
  answer: (question: Question) => Answer | Promise<Answer>,
): void {
  process.on('message', (message) => {
    const { number, content } = message as Letter;
    void Promise.resolve(answer(content as Question)).then((result) =>
      process.send?.({ number, content: result }),
    );
  });
  process.on('disconnect', () => process.exit());
}

/** Whether a module is what its process was started with, not an import of it. */
export function isMain(filename: string): boolean {
  return process.argv[1] === filename;
}
