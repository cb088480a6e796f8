import { randomBytes } from 'node:crypto';

const PATTERN = /^\.eachare-[0-9a-f]{12}\.parte$/;

/** A new name for a file on its way: hidden, so that it is neither listed nor served. */
export function temporaryName(): string {
  return `.eachare-${randomBytes(6).toString('hex')}.parte`;
}

export function isTemporaryName(name: string): boolean {
  return PATTERN.test(name);
}
