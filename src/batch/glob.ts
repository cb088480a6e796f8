/**
 * Whether a whole name fits a pattern: `*` is any run of characters, `?` exactly one, everything else itself. Its time grows
 * with the product of both lengths at the most, whatever a name from the network looks like: only the last `*` is tried again.
 */
export function fits(name: string, pattern: string): boolean {
  const characters = [...name];
  const wanted = [...pattern];
  let at = 0;
  let next = 0;
  let star: { readonly next: number; at: number } | undefined;
  while (at < characters.length) {
    if (wanted[next] === '*') {
      star = { next, at };
      next += 1;
    } else if (next < wanted.length && (wanted[next] === '?' || wanted[next] === characters[at])) {
      at += 1;
      next += 1;
    } else if (star !== undefined) {
      star.at += 1;
      at = star.at;
      next = star.next + 1;
    } else {
      return false;
    }
  }
  return wanted.slice(next).every((character) => character === '*');
}

/** The items that are called exactly so, or, where there is none, those whose name fits the pattern. */
export function matching<T extends { readonly name: string }>(items: readonly T[], pattern: string): T[] {
  const exact = items.filter(({ name }) => name === pattern);
  return exact.length > 0 ? exact : items.filter(({ name }) => fits(name, pattern));
}
