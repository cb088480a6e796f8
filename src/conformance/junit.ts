import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import type { Result } from './judge.ts';
import { GROUPS, scoreOf, type Judged } from './verdict.ts';

/** The result in the form of JUnit, which a CI reads: a suite for each group, what does not apply is skipped. */
export function asJunit({ target, judged }: Result): string {
  const suites = GROUPS.flatMap((group) => {
    const cases = judged.filter((each) => each.group === group);
    return cases.length === 0 ? [] : [suite(group, cases)];
  });
  const head = `<testsuites name=${quoted(`eachare avaliar ${target}`)} ${counts(judged)}>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.join('')}</testsuites>\n`;
}

function suite(group: string, cases: readonly Judged[]): string {
  return `  <testsuite name=${quoted(group)} ${counts(cases)}>\n${cases.map(testCase).join('')}  </testsuite>\n`;
}

function counts(cases: readonly Judged[]): string {
  const score = scoreOf(cases);
  return `tests="${cases.length}" failures="${score.broken}" errors="0" skipped="${score['not-applicable']}"`;
}

function testCase({ id, group, title, outcome }: Judged): string {
  const head = `    <testcase classname=${quoted(group)} name=${quoted(`${id}: ${title}`)}`;
  switch (outcome.verdict) {
    case 'holds':
      return `${head}/>\n`;
    case 'not-applicable':
      return `${head}><skipped message=${quoted(outcome.why)}/></testcase>\n`;
    case 'broken':
    case 'tolerated': {
      const { sent, received, expected, hint } = outcome;
      const text = escape(`enviado: ${sent}\nrecebido: ${received}\nesperado: ${expected}\n`);
      const body =
        outcome.verdict === 'broken'
          ? `<failure message=${quoted(hint)}>${text}</failure>`
          : `<system-out>${escape(`${hint}\n`)}${text}</system-out>`;
      return `${head}>${body}</testcase>\n`;
    }
  }
}

/** Controls have been made visible before; XML has no way to write them. */
function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function quoted(text: string): string {
  return `"${escape(text.replaceAll('\n', ' '))}"`;
}

/** The file of `--junit`: it is made before the work begins, and has its name only once it is whole. */
export class JunitFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static #partial(path: string): string {
    return `${path}.${process.pid}.parcial`;
  }

  /** @throws UsageError where no file can be made there */
  static async open(path: string): Promise<JunitFile> {
    try {
      return new JunitFile(path, await open(JunitFile.#partial(path), 'wx'));
    } catch (cause) {
      throw new UsageError(`--junit: "${path}" não pode ser escrito`, { cause });
    }
  }

  /** @throws UsageError where the disk does not take it */
  async finish(text: string): Promise<void> {
    try {
      await this.#handle.writeFile(text);
      await this.#handle.close();
      await rename(JunitFile.#partial(this.#path), this.#path);
    } catch (cause) {
      await this.discard();
      throw new UsageError(`--junit: "${this.#path}" não pode ser escrito`, { cause });
    }
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(JunitFile.#partial(this.#path), { force: true });
  }
}
