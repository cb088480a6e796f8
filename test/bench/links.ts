import { answerQuestions, Child, isMain } from './child.ts';
import { Link, type LinkSpec, type Passed } from './link.ts';

/** Links in a process of their own, so that they keep their time whatever the others do. */

type Question = 'ports' | 'reset' | 'passed';
type Answer = readonly number[] | readonly Passed[];

if (isMain(import.meta.filename)) {
  const links = (JSON.parse(process.argv[2] ?? '[]') as LinkSpec[]).map((spec) => new Link(spec));
  const ports = Promise.all(links.map((link) => link.listen()));
  answerQuestions<Question, Answer>((question) => {
    if (question === 'ports') return ports;
    if (question === 'reset') for (const link of links) link.passed = { bytes: 0, first: undefined, last: 0 };
    return links.map(({ passed }) => passed);
  });
}

export class Links implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly #child: Child<Question, Answer>;

  private constructor(child: Child<Question, Answer>, ports: readonly number[]) {
    this.#child = child;
    this.ports = ports;
  }

  static async start(specs: readonly LinkSpec[]): Promise<Links> {
    const child = new Child<Question, Answer>(import.meta.filename, [JSON.stringify(specs)]);
    return new Links(child, (await child.ask('ports')) as number[]);
  }

  get addresses(): string[] {
    return this.ports.map((port) => `127.0.0.1:${port}`);
  }

  /** Counts from zero again. */
  reset(): Promise<unknown> {
    return this.#child.ask('reset');
  }

  /** What has come out of each towards its client since the last `reset`. */
  passed(): Promise<readonly Passed[]> {
    return this.#child.ask('passed') as Promise<readonly Passed[]>;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

/** Links taken together, from the first byte of any to the last of all, in seconds of `clock`. */
export interface Together {
  readonly bytes: number;
  readonly seconds: number;
  readonly last: number;
}

export function together(passed: readonly Passed[]): Together {
  const first = Math.min(...passed.map((link) => link.first ?? Infinity));
  const last = Math.max(...passed.map((link) => link.last));
  return { bytes: passed.reduce((sum, { bytes }) => sum + bytes, 0), seconds: last - first, last };
}
