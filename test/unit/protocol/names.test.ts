import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromName, nameFromBytes } from '../../../src/protocol/names.ts';
import {
  candidateNames,
  decodeName,
  encodeName,
  isNameToken,
  isSameName,
} from '../../../src/protocol/names.ts';

describe('names as tokens', () => {
  it.each([
    ['hello.txt', 'hello.txt'],
    ['ação.txt', 'ação.txt'],
    ['aula 1.pdf', 'aula%201.pdf'],
    ['a:b%c', 'a%3Ab%25c'],
    ['linha\nnova', 'linha%0Anova'],
    ['nbsp\u00a0x', 'nbsp%C2%A0x'],
    ['\u202egpj.exe', '%E2%80%AEgpj.exe'],
    ['a\udce7', 'a%E7'],
  ])('%j is %s', (name, token) => {
    expect(encodeName(name)).toBe(token);
    expect(decodeName(token)).toBe(name);
  });

  it.each(['100%', '100%.txt', '%zz', '%'])(
    '%s of a program that does not encode stands for itself',
    (token) => {
      expect(decodeName(token)).toBe(token);
    },
  );

  it('any bytes survive the way to the wire and back, as one token', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const name = nameFromBytes(bytes);
        expect(bytesFromName(name)).toEqual(Buffer.from(bytes));
        const token = encodeName(name);
        expect(token).not.toMatch(/[\s:\p{C}]/u);
        expect(decodeName(token)).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the names that a token may mean', () => {
  const names = (token: string): string[] => [...candidateNames(token)].map(({ name }) => name);

  it('begin with the file that we list under it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const name = nameFromBytes(bytes);
        expect(names(encodeName(name))[0]).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a', ['a']],
    ['a%20b', ['a b', 'a%20b']],
    ['%41', ['%41', 'A']],
    ['a%20b:7', ['a%20b:7', 'a b:7', 'a b', 'a%20b']],
    ['YSBi', ['YSBi', 'a b']],
  ])('of %s are %j', (token, expected) => {
    expect(names(token)).toEqual(expected);
  });

  it('are none for a token that no name can have', () => {
    expect(isNameToken('%C3%A7'.repeat(127))).toBe(true);
    expect(isNameToken('ç'.repeat(400))).toBe(false);
    expect(names('%41'.repeat(256))).toEqual([]);
    // The size of a list entry is no part of the name.
    expect(names(`${'%3A'.repeat(255)}:12345`)[0]).toBe(':'.repeat(255));
    expect(isSameName('%41'.repeat(256), 'A'.repeat(256))).toBe(false);
  });
});
