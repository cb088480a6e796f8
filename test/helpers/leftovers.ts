import { readdir } from 'node:fs/promises';

/** What an interrupted download leaves behind to go on with: its bytes, and the note about them. */
export const RESUMABLE = 'nota parte';

/** The hidden files of downloads in a folder: for each download the kinds of its files. */
export async function leftovers(folder: string): Promise<string[]> {
  const kinds = new Map<string, string[]>();
  for (const name of (await readdir(folder)).sort()) {
    const [, id, kind] = /^\.eachare-([0-9a-f]{12})\.(.+)$/.exec(name) ?? [];
    if (id !== undefined && kind !== undefined) kinds.set(id, [...(kinds.get(id) ?? []), kind]);
  }
  return [...kinds.values()].map((found) => found.join(' '));
}
