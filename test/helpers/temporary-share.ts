import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SharedFolder } from '../../src/disk/share/shared-folder.ts';

/** A shared folder on the disk, gone once it is disposed of. */
export class TemporaryShare implements AsyncDisposable {
  readonly path: string;
  readonly folder: SharedFolder;

  private constructor(path: string, folder: SharedFolder) {
    this.path = path;
    this.folder = folder;
  }

  static async open(): Promise<TemporaryShare> {
    const path = await mkdtemp(join(tmpdir(), 'eachare-'));
    return new TemporaryShare(path, await SharedFolder.open(path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder.close();
    await rm(this.path, { recursive: true, force: true });
  }
}
