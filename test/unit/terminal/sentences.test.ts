import type { AppEvent } from '../../../src/events.ts';
import { describe as suite, expect, it } from 'vitest';
import { isProtocolReason, reason } from '../../../src/terminal/reasons.ts';
import { describe } from '../../../src/terminal/sentences.ts';
import { columnsOf } from '../../../src/terminal/layout.ts';
import { A1, A2 } from './addresses.ts';
import { EVENTS, SAMPLES, STARTED } from './samples.ts';

suite('describe', () => {
  it.each(SAMPLES.map(([event, lines]) => [event.event, event, lines] as const))('%s', (_, event, lines) => {
    expect(describe(event, { own: A1, width: Infinity })).toEqual(lines);
  });

  it.each([20, 80, Infinity])('lets nothing that moves the cursor through, at %d columns', (width) => {
    for (const event of EVENTS) expect(describe(event, { own: A1, width }).join('')).not.toMatch(/[^\P{C}]/u);
  });

  it('cuts what no honest peer sends', () => {
    const name = 'n'.repeat(10_000_000);
    const files = [{ name, size: 1 }];
    for (const event of [
      { event: 'file-chosen', name },
      { event: 'local-files-listed', files },
      { event: 'request-refused', from: A2, type: 'DL', name, code: 'not-found', repeated: 0 },
    ] as const)
      expect(describe(event, { own: A1, width: Infinity }).join('').length).toBeLessThan(4_000);
  });
});

suite('describe, on a screen', () => {
  const onScreen = (event: AppEvent, width = 60) => describe(event, { own: A1, width });
  const list = (entries: number): AppEvent => ({
    event: 'message-received',
    from: A2,
    type: 'LS_LIST',
    args: ['200', ...Array.from({ length: entries }, (_, at) => `arquivo-${at}.txt:1000`), '…'],
    clock: 9,
    clockAfter: 10,
    reply: true,
  });

  it('breaks our sentences between words, further lines indented', () => {
    expect(onScreen({ ...STARTED, size: 3 * 1024 ** 2, resumed: 2 * 1024 ** 2 })).toEqual([
      'Continuando o download de m.txt com 2,0 MiB de 3,0 MiB já',
      '  recebidos; só o resto é pedido, em chunks de até 256',
      '  bytes, de 2 peers.',
    ]);
  });

  it('cuts long names in the middle', () => {
    const name = `${'nome-longo-'.repeat(20)}.tar.gz`;
    expect(onScreen({ event: 'source-added', name, source: A2 })).toEqual([
      'Peer 127.0.0.1:5002 também tem',
      '  nome-longo-nome…-longo-.tar.gz e entra no download.',
    ]);
  });

  it('shows two rows of a long list and how many entries are left out', () => {
    const [line = '', ...more] = onScreen(list(64), 80);
    expect(more).toEqual([]);
    expect(line).toBe(
      'Resposta recebida: "127.0.0.1:5002 9 LS_LIST 200 arquivo-0.txt:1000 ' +
        'arquivo-1.txt:1000 arquivo-2.txt:1000 arquivo-3.txt:1000 … e mais 196 entradas"',
    );
    expect(columnsOf(line)).toBeLessThanOrEqual(160);
    expect(onScreen(list(64), 20)[0]).toContain('… e mais 200 entradas');
    // Where two rows show no entry, three do.
    const two = onScreen(
      { ...list(2), args: ['2', 'imagem.iso:60000000', 'numeros.txt:692'] } as AppEvent,
      36,
    );
    expect(two[0]).toBe(
      'Resposta recebida: "127.0.0.1:5002 9 LS_LIST 2 imagem.iso:60000000 numeros.txt:692"',
    );
    expect(describe(list(64), { own: A1, width: Infinity })[0]).toContain('arquivo-63.txt:1000 …');
  });

  it('says what to do where nobody is there', () => {
    expect(onScreen({ event: 'search-finished', asked: 0, found: [] })).toEqual([
      'Nenhum peer online para perguntar; use antes [2], que',
      '  pergunta a todos os vizinhos, ou [1], que cumprimenta um',
      '  deles.',
    ]);
    expect(onScreen({ event: 'neighbours-silent', asked: 0 }).join(' ')).toMatch(
      /^Nenhum vizinho conhecido: digite \+ e/,
    );
    expect(onScreen({ event: 'neighbours-silent', asked: 1 })[0]).toMatch(
      /^O vizinho não respondeu: confira/,
    );
    expect(onScreen({ event: 'neighbours-silent', asked: 2 })[0]).toMatch(
      /^Nenhum dos 2 vizinhos respondeu: /,
    );
    expect(describe({ event: 'neighbours-silent', asked: 2 }, { own: A1, width: Infinity })).toEqual([]);
  });

  it('says of what we send whether it is a reply', () => {
    const sent = { event: 'message-sent', to: A2, type: 'RETURN_HELLO', args: [], clock: 3 } as const;
    expect(onScreen({ ...sent, reply: true })).toEqual([
      'Encaminhando mensagem "127.0.0.1:5001 3 RETURN_HELLO" para 127.0.0.1:5002 (resposta)',
    ]);
    expect(describe({ ...sent, reply: true }, { own: A1, width: Infinity })).toEqual([
      'Encaminhando mensagem "127.0.0.1:5001 3 RETURN_HELLO" para 127.0.0.1:5002',
    ]);
  });
});

suite('reason', () => {
  it('knows who broke the rules', () => {
    expect(isProtocolReason('bad-base64')).toBe(true);
    expect(isProtocolReason('refused')).toBe(false);
    expect(reason('refused')).toBe('conexão recusada');
  });
});
