import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asJson } from '../../../src/conformance/json.ts';
import type { Result } from '../../../src/conformance/judge.ts';
import { asJunit, JunitFile } from '../../../src/conformance/junit.ts';
import { asText } from '../../../src/conformance/report.ts';
import type { Address } from '../../../src/protocol/address.ts';

const finding = { sent: 'LS\\n', received: '<a & "b">', expected: 'c', hint: 'd' };

const RESULT: Result = {
  target: '127.0.0.1:5001' as Address,
  dialect: 'line',
  evidence: 'respondeu',
  ended: undefined,
  judged: [
    { id: 'ls.a', group: 'LS', part: 2, title: 'um', rule: '1', outcome: { verdict: 'holds' } },
    {
      id: 'ls.b',
      group: 'LS',
      part: 2,
      title: 'dois',
      rule: '1',
      outcome: { verdict: 'tolerated', ...finding },
    },
    {
      id: 'ls.c',
      group: 'LS',
      part: 2,
      title: 'três',
      rule: '3',
      outcome: { verdict: 'not-applicable', why: 'sem "x"' },
    },
    {
      id: 'dl.d',
      group: 'DL/FILE',
      part: 3,
      title: 'quatro',
      rule: '3',
      outcome: { verdict: 'broken', ...finding },
    },
  ],
};

describe('the result of a judgement', () => {
  it('as text', () => {
    expect(asText(RESULT)).toBe(
      `127.0.0.1:5001 fala o dialeto line: respondeu.

LS
  ✓ ls.a: um (seção 1)
  ! ls.b: dois (seção 1)
      enviado:  LS\\n
      recebido: <a & "b">
      esperado: c
      dica:     d
  – ls.c: três (seção 3)
      sem "x"

DL/FILE
  ✗ dl.d: quatro (seção 3)
      enviado:  LS\\n
      recebido: <a & "b">
      esperado: c
      dica:     d

✓ vale  ✗ violada  ! hábito tolerado  – não se aplica
LS                             2 de 2    1 !  1 –
DL/FILE                        0 de 1    1 ✗

parte 2 (LS, arquivo inteiro)  2 de 2    1 !  1 –
parte 3 (chunks)               0 de 1    1 ✗

Conserte primeiro dl.d: quatro.
  d.
`,
    );
  });

  it('as text, where it is not whole', () => {
    const text = asText({ ...RESULT, judged: RESULT.judged.slice(0, 1), ended: 'o tempo acabou' });
    expect(text).toContain('\nAvaliação incompleta: o tempo acabou.\n\nNenhuma regra violada.\n');
  });

  it('as JSON', () => {
    expect(JSON.parse(asJson(RESULT))).toMatchObject({
      target: '127.0.0.1:5001',
      dialect: 'line',
      first: 'dl.d',
      cases: [
        { id: 'ls.a', verdict: 'holds', sent: null, received: null, expected: null, hint: null },
        { id: 'ls.b', verdict: 'tolerated', ...finding },
        { id: 'ls.c', verdict: 'not-applicable', sent: null, hint: 'sem "x"' },
        { id: 'dl.d', group: 'DL/FILE', title: 'quatro', verdict: 'broken', ...finding },
      ],
    });
  });

  it('as JUnit', () => {
    expect(asJunit(RESULT)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="eachare avaliar 127.0.0.1:5001" tests="4" failures="1" errors="0" skipped="1">
  <testsuite name="LS" tests="3" failures="0" errors="0" skipped="1">
    <testcase classname="LS" name="ls.a: um"/>
    <testcase classname="LS" name="ls.b: dois"><system-out>d
enviado: LS\\n
recebido: &#60;a &#38; &#34;b&#34;&#62;
esperado: c
</system-out></testcase>
    <testcase classname="LS" name="ls.c: três"><skipped message="sem &#34;x&#34;"/></testcase>
  </testsuite>
  <testsuite name="DL/FILE" tests="1" failures="1" errors="0" skipped="0">
    <testcase classname="DL/FILE" name="dl.d: quatro"><failure message="d">enviado: LS\\n
recebido: &#60;a &#38; &#34;b&#34;&#62;
esperado: c
</failure></testcase>
  </testsuite>
</testsuites>
`);
  });
});

describe('the file for a CI', () => {
  it('has its name once it is whole, and leaves nothing behind', async () => {
    const home = await mkdtemp(join(tmpdir(), 'eachare-'));
    const path = join(home, 'a.xml');
    const file = await JunitFile.open(path);
    expect(await readdir(home)).not.toContain('a.xml');
    await file.finish('um');
    await (await JunitFile.open(path)).finish('dois');
    await (await JunitFile.open(path)).discard();
    expect(await readFile(path, 'utf8')).toBe('dois');
    expect(await readdir(home)).toEqual(['a.xml']);
    await rm(home, { recursive: true });
    await expect(JunitFile.open(path)).rejects.toThrow('não pode ser escrito');
  });
});
