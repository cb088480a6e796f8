import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

/** Debian's browser (`apt-get install chromium`). */
const EXECUTABLE = '/usr/bin/chromium';

/** Without a sandbox it starts as root too; the rest keeps it from calling home. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether there is a browser to test with; says so loudly where there is none. */
export function hasChromium(): boolean {
  const is = existsSync(EXECUTABLE);
  if (!is)
    process.stderr.write(
      `\n!!! SKIPPED: no browser at ${EXECUTABLE}; install Debian's chromium to test the page\n\n`,
    );
  return is;
}

/** A real browser with a new, empty profile. */
export class Browser implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async start(
    options: {
      readonly colorScheme?: 'light' | 'dark';
      readonly width?: number;
      readonly height?: number;
    } = {},
  ): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'eachare-chromium-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: EXECUTABLE,
      args: ARGS,
      colorScheme: options.colorScheme ?? 'light',
      viewport: { width: options.width ?? 1280, height: options.height ?? 2_000 },
    });
    return new Browser(context, profile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await rm(this.#profile, { recursive: true, force: true });
  }
}
