import { describe, expect, it } from 'vitest';
import { FieldPeer, VARIANTS, type FieldDialect } from '../helpers/field/field-peer.ts';
import type { Quirks } from '../helpers/field/quirks.ts';
import { JUDGED_FILES, verdictsOf } from '../helpers/judged.ts';

/** The programs of the field (protocol, section 7) before the judge: what their dialect explains is tolerated, nothing is broken. */
const TOLERATED: Readonly<Record<string, readonly string[]>> = {
  'line without its newline': ['mensagem.fim'],
  'line with a NUL': ['mensagem.caracteres'],
  'line that forgets to close': ['mensagem.fecha'],
  prefixed: ['mensagem.fim', 'dl-file.tamanho-dito'],
  raw: ['mensagem.fim', 'dl-file.tamanho-dito'],
  callback: ['mensagem.mesma-conexao'],
  'callback without newline': ['mensagem.fim', 'mensagem.mesma-conexao'],
  'callback whose FIN comes a little later': ['mensagem.mesma-conexao'],
  persistent: ['mensagem.fecha'],
  multiline: ['mensagem.uma-linha'],
  outbox: ['mensagem.mesma-conexao', 'mensagem.fecha'],
};

/** Whatever writes an empty base64 leaves a space there; a program that forgets to close is told so by its fake. */
const EMPTY = 'dl-file.vazio';
const IDLE = /^idle connection/;

const STRANGER = '127.0.0.1:9';

const ALL: typeof VARIANTS = [...VARIANTS, ['outbox', 'outbox', {}]];

describe.concurrent('the dialects of the field', () => {
  it.each(ALL)('%s', async (what, dialect, quirks) => {
    await using field = await FieldPeer.start(dialect, {
      files: JUDGED_FILES,
      neighbours: [STRANGER],
      quirks,
    });
    const verdicts = await verdictsOf(field.address);
    expect(verdicts).toEqual({
      dialect,
      broken: [],
      tolerated: [...(TOLERATED[what] ?? []), EMPTY],
      notApplicable: [
        'ls.vazia',
        ...(dialect === 'persistent' || dialect === 'outbox' ? ['dl-file.ao-mesmo-tempo'] : []),
      ],
    });
    // It was asked for nothing that it did not offer, and in no way that it could not take.
    const harm = field.seen.violations.filter((text) => quirks.forgetsToClose !== true || !IDLE.test(text));
    expect(harm).toEqual([]);
    expect(field.seen.died).toBeUndefined();
  });
});

type Detail = readonly [
  what: string,
  dialect: FieldDialect,
  quirks: Quirks,
  tolerated: readonly string[],
  broken?: readonly string[],
];

const DETAILS: readonly Detail[] = [
  ['PEERS_LIST', 'line', { peersList: true }, ['get-peers.resposta']],
  [
    'PEERS_LIST, called back',
    'callback',
    { peersList: true },
    ['mensagem.mesma-conexao', 'get-peers.resposta'],
  ],
  ['a count that is too large', 'line', { countError: 1 }, [], ['get-peers.contagem', 'ls.contagem']],
  ['a count that is too small', 'line', { countError: -1 }, [], ['get-peers.contagem', 'ls.contagem']],
  [
    'a count that disagrees with the lines',
    'multiline',
    { countError: 1 },
    ['mensagem.uma-linha'],
    ['get-peers.contagem', 'ls.contagem'],
  ],
  ['the requester in the list', 'line', { listsRequester: true }, [], ['get-peers.sem-quem-pergunta']],
  ['the peer itself in the list', 'line', { listsItself: true }, [], ['get-peers.sem-si']],
  ['a space wanted behind GET_PEERS, closes', 'line', { spacedPeers: 'closes' }, ['get-peers.resposta']],
  ['a space wanted behind GET_PEERS, silent', 'line', { spacedPeers: 'silent' }, ['get-peers.resposta']],
  ['neither LS nor DL', 'line', { part1: true }, ['ls.resposta']],
  ['0.0.0.0 as the origin', 'line', { replyOrigin: 'wildcard' }, ['mensagem.origem']],
  ['another port as the origin', 'line', { replyOrigin: 'other-port' }, [], ['mensagem.origem']],
  ['replies without clock', 'line', { noClock: true }, ['relogio.presente']],
  ['the requested size in FILE', 'line', { echoesSize: true }, ['dl-file.tamanho-dito']],
  ['the size of the chunk behind a length', 'prefixed', { echoesSize: false }, ['mensagem.fim']],
  ['the whole file for a chunk', 'line', { wholeFile: true }, ['dl-file.resposta']],
  ['names in base64, closes on plain ones', 'line', { base64Names: 'closes' }, ['dl-file.resposta']],
  ['59 bytes in one segment', 'line', { maxRequestBytes: 59, singleRead: true }, []],
  ['one connection at a time', 'line', { serial: true, replyDelayMs: 5 }, []],
  ['hangs on an open connection', 'line', { serial: true, hangs: true }, []],
];

describe.concurrent('details of the field', () => {
  it.each(
    DETAILS.map(([what, dialect, quirks, tolerated, broken = []]) => ({
      what,
      dialect,
      quirks,
      tolerated,
      broken,
    })),
  )('$what ($dialect)', async ({ dialect, quirks, tolerated, broken }) => {
    await using field = await FieldPeer.start(dialect, {
      files: JUDGED_FILES,
      neighbours: [STRANGER],
      quirks,
    });
    // Only of a program that says nothing the end is waited for.
    const deadlineMs = quirks.spacedPeers === 'silent' ? 2_000 : 10_000;
    const verdicts = await verdictsOf(field.address, { deadlineMs });
    expect(verdicts.dialect).toBe(dialect);
    expect({ broken: verdicts.broken, tolerated: verdicts.tolerated.filter((id) => id !== EMPTY) }).toEqual({
      broken,
      tolerated,
    });
    expect(field.seen.violations).toEqual([]);
  });
});
