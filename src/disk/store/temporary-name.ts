import { randomBytes } from 'node:crypto';

/** The bytes of a download under way; the note about them; the next note, until it is whole. */
export type TemporaryKind = 'parte' | 'nota' | 'nota.nova';

const PATTERN = /^\.eachare-([0-9a-f]{12})\.(parte|nota|nota\.nova)$/;

/** What the names of the files of one download have in common. */
export function newTemporaryId(): string {
  return randomBytes(6).toString('hex');
}

/** The name of a file of a download under way: hidden, so that it is neither listed nor served. */
export function temporaryName(id: string, kind: TemporaryKind): string {
  return `.eachare-${id}.${kind}`;
}

/** The inverse of `temporaryName`; undefined for a name that is none of ours. */
export function parseTemporaryName(name: string): { id: string; kind: TemporaryKind } | undefined {
  const [, id, kind] = PATTERN.exec(name) ?? [];
  return id === undefined || kind === undefined ? undefined : { id, kind: kind as TemporaryKind };
}
