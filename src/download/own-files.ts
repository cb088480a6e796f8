import type { FoundFile } from './engine/chunks.ts';
import { FileError } from '../errors.ts';
import type { FileView, InterruptedDownload } from '../events.ts';
import type { Share } from '../handlers.ts';

/** Our own folder, as far as a search and its downloads have to know it. */
export interface OwnFolder extends Pick<Share, 'list' | 'digest'> {
  /** When a file was written to last, in milliseconds since 1970; undefined where there is none. */
  modifiedAt(name: string): Promise<number | undefined>;
  interrupted(): Promise<readonly InterruptedDownload[]>;
}

/** A search does not wait longer for the digests of our own files. */
const OWN_DIGESTS_MS = 300;

/** What stands in our folder under the name of a file of the network. */
export interface OwnFile extends FileView {
  /** `same`: as far as one can know. */
  readonly content: 'same' | 'other';
  /** Whether our digest is the one that the sources tell. */
  readonly isProven: boolean;
}

/** What we have of these names ourselves; nothing where the folder cannot be read. */
export async function findOwn<S extends string>(
  files: readonly FoundFile<S>[],
  folder: OwnFolder,
  signal: AbortSignal,
): Promise<ReadonlyMap<FoundFile<S>, OwnFile>> {
  const sizes = new Map((await listed(folder)).map(({ name, size }) => [name, size]));
  const over = AbortSignal.any([signal, AbortSignal.timeout(OWN_DIGESTS_MS)]);
  const own = new Map<FoundFile<S>, OwnFile>();
  for (const file of files) {
    const { name, sha256 } = file;
    const size = sizes.get(name);
    if (size === undefined) continue;
    const isLike = size === file.size;
    const known = isLike && sha256 !== undefined ? await digest(folder, name, over) : undefined;
    const isOther = known !== undefined && known !== sha256;
    own.set(file, { name, size, content: isLike && !isOther ? 'same' : 'other', isProven: known === sha256 && isLike && known !== undefined }); // prettier-ignore
  }
  return own;
}

async function listed(folder: OwnFolder): Promise<readonly FileView[]> {
  try {
    return await folder.list();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return [];
  }
}

/** Undefined where it is not known in time. */
function digest(folder: OwnFolder, name: string, over: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onOver = () => resolve(undefined);
    if (over.aborted) return onOver();
    over.addEventListener('abort', onOver, { once: true });
    const told = folder.digest(name, over).then(({ sha256 }) => sha256);
    // Whatever is wrong with it: it is not known.
    void told
      .catch(() => undefined)
      .then((sha256) => {
        over.removeEventListener('abort', onOver);
        resolve(sha256);
      });
  });
}
