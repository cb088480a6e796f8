import { cp, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROGRAM } from '../helpers/spawned-peer.ts';

/**
 * The screen of the silent build: of all events only those that a bench waits for are shown, the rest costs one look into a
 * set. Questions are asked as ever.
 */
const SILENT_SCREEN = `
import { Screen as Whole } from './whole-screen.js';
const SHOWN = new Set(['peer-started', 'neighbour-status-changed', 'download-finished', 'download-failed']);
export class Screen extends Whole {
  report(event) {
    if (SHOWN.has(event.event)) super.report(event);
  }
}
`;

/** A copy of the built program that shows no message and no progress. */
export class SilentBuild implements AsyncDisposable {
  readonly program: string;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.program = join(home, 'dist/eachare.js');
  }

  static async make(): Promise<SilentBuild> {
    const home = await mkdtemp(join(tmpdir(), 'eachare-silent-'));
    const dist = dirname(PROGRAM);
    await cp(dist, join(home, 'dist'), { recursive: true });
    await cp(join(dist, '../package.json'), join(home, 'package.json'));
    await symlink(join(dist, '../node_modules'), join(home, 'node_modules'));
    const screen = join(home, 'dist/terminal/screen.js');
    await rename(screen, join(dirname(screen), 'whole-screen.js'));
    await writeFile(screen, SILENT_SCREEN);
    return new SilentBuild(home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}
