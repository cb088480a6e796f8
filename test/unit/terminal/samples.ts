import type { AppEvent } from '../../../src/events.ts';
import { A1, A2, A3 } from './addresses.ts';

const MIB = 1024 ** 2;

/** What would move the cursor, in every text that comes from others. */
const EVIL = 'm\x1b[2J\n.txt';
const EVIL_SHOWN = 'm\\x1b[2J\\x0a.txt';

const FILES = [
  { name: 'hello.txt', size: 7 },
  { name: 'a:b c.txt', size: 1000 },
];

/** The beginning of a download, as most tests need it. */
export const STARTED = {
  event: 'download-started',
  name: 'm.txt',
  size: 1000,
  chunkSize: 256,
  chunks: 4,
  sources: [A2, A3],
  resumed: 0,
} as const;

export const FINISHED = {
  event: 'download-finished',
  name: 'm.txt',
  size: 1000,
  chunkSize: 256,
  sources: [A2, A3],
  shares: [
    { source: A2, bytes: 232 },
    { source: A3, bytes: 768 },
  ],
  resumed: 0,
  seconds: 0.5,
  sha256: '0123456789abcdef'.repeat(4),
  isProven: true,
  toldBy: 2,
  chosen: 3,
} as const;

export const FAILED = {
  event: 'download-failed',
  name: 'm.txt',
  code: 'aborted',
  missing: [[2, 2]],
  chunks: 4,
  kept: 0,
} as const;

type Sample = readonly [event: AppEvent, lines: readonly string[]];

/** The texts that section 4 of the protocol fixes, at our address A1. */
export const FIXED: readonly Sample[] = [
  [{ event: 'peer-started', address: A1 }, ['Peer iniciado em 127.0.0.1:5001']],
  [
    { event: 'neighbour-added', neighbour: A2, status: 'OFFLINE' },
    ['Adicionando novo peer 127.0.0.1:5002 status OFFLINE'],
  ],
  [
    { event: 'resume-note-not-written', name: 'a.txt', code: 'disk-full' },
    [
      'Não foi possível anotar o andamento do download de a.txt: disco cheio; se for interrompido, recomeçará do início.',
    ],
  ],
  [{ event: 'events-omitted', host: '127.0.0.1', count: 3 }, []],
  [{ event: 'clock-updated', clock: 7, cause: 'send' }, ['=> Atualizando relogio para 7']],
  [
    { event: 'message-sent', to: A2, type: 'LS', args: [], clock: 7, reply: false },
    ['Encaminhando mensagem "127.0.0.1:5001 7 LS" para 127.0.0.1:5002'],
  ],
  [
    {
      event: 'message-received',
      from: A2,
      type: 'LS_LIST',
      args: ['2', 'hello.txt:7', 'milbytes.txt:1000'],
      clock: 9,
      clockAfter: 10,
      reply: true,
    },
    ['Resposta recebida: "127.0.0.1:5002 9 LS_LIST 2 hello.txt:7 milbytes.txt:1000"'],
  ],
  [
    { event: 'message-received', from: A2, type: 'HELLO', args: [], clock: 1, clockAfter: 2, reply: false },
    ['Mensagem recebida: "127.0.0.1:5002 1 HELLO"'],
  ],
  [
    { event: 'neighbour-status-changed', neighbour: A2, status: 'ONLINE' },
    ['Atualizando peer 127.0.0.1:5002 status ONLINE'],
  ],
  [{ event: 'file-chosen', name: 'milbytes.txt' }, ['arquivo escolhido milbytes.txt']],
  [
    { event: 'download-unneeded', name: 'doc2.txt', size: 21 },
    ['O seu doc2.txt já é esse arquivo: nada é baixado.'],
  ],
  [
    { event: 'file-replaced', name: 'doc2.txt', size: 21 },
    ['Substituindo o seu doc2.txt, que tinha 21 bytes.'],
  ],
  [
    { ...FINISHED, isProven: false, toldBy: 0 },
    [
      'Download do arquivo m.txt finalizado.',
      '  1000 bytes em 0,50 s (2000 bytes/s), de 2 peers: ' +
        '127.0.0.1:5003 com 768 bytes (77%) e 127.0.0.1:5002 com 232 bytes (23%).',
      `  SHA-256: ${FINISHED.sha256} (nenhum peer informou o SHA-256)`,
    ],
  ],
  [{ event: 'chunk-size-changed', bytes: 128 }, ['Tamanho de chunk alterado: 128']],
  [{ event: 'leaving', cause: 'menu' }, ['Saindo...']],
];

/** One sample for each sentence of our own that is put together from parts. */
const COMPOSED: readonly Sample[] = [
  [
    { event: 'request-refused', from: A2, type: 'DL', name: EVIL, code: 'not-found', repeated: 12 },
    [
      `Pedido DL ${EVIL_SHOWN} de 127.0.0.1:5002 recusado: não encontrado (mais 12 iguais desde o último aviso)`,
    ],
  ],
  [
    { event: 'request-failed', to: A3, type: 'LS', code: 'refused' },
    ['Não foi possível falar com 127.0.0.1:5003: conexão recusada (LS)'],
  ],
  [
    { event: 'search-finished', asked: 2, found: [] },
    ['Nenhum arquivo encontrado na rede (2 peers consultados).'],
  ],
  [
    { event: 'local-files-listed', files: FILES },
    [
      'Arquivos locais:',
      'Nome          | Tamanho [bytes]',
      '--------------+----------------',
      '[1] hello.txt |               7',
      '[2] a:b c.txt |            1000',
    ],
  ],
  [
    { event: 'choice-rejected', input: '7\t', among: 'menu' },
    ['Comando inválido: "7\\x09". Digite um dos números entre colchetes.'],
  ],
  [
    { event: 'chunk-size-rejected', input: 'abc', largest: 16777216, bytes: 256 },
    [
      'Tamanho de chunk inválido: "abc". Digite um número inteiro de 1 a 16777216 (bytes); o tamanho continua 256.',
    ],
  ],
  [
    {
      event: 'statistics-shown',
      clock: 12,
      peers: [{ address: A2, status: 'ONLINE', clock: 11 }],
      downloads: [
        { chunkSize: 256, sources: 2, fileSize: 1000, count: 3, mean: 0.0451234, deviation: 0.001 },
      ],
    },
    [
      'Relógio: 12',
      'Peers conhecidos:',
      'Peer           | Status | Relógio',
      '---------------+--------+--------',
      '127.0.0.1:5002 | ONLINE |      11',
      'Downloads:',
      'Tam. chunk | N peers | Tam. arquivo | N | Tempo [s] |  Desvio',
      '-----------+---------+--------------+---+-----------+--------',
      '       256 |       2 |         1000 | 3 |   0.04512 | 0.00100',
    ],
  ],
  [STARTED, ['Baixando m.txt: 1000 bytes em 4 chunks de até 256 bytes, de 2 peers.']],
  [
    { ...STARTED, size: 10 * MIB, chunks: 40_960, resumed: 3 * MIB },
    [
      'Continuando o download de m.txt com 3145728 bytes de 10485760 bytes já recebidos; ' +
        'só o resto é pedido, em chunks de até 256 bytes, de 2 peers.',
    ],
  ],
  [
    {
      event: 'download-progressed',
      name: 'm.txt',
      size: 4096,
      bytes: 1024,
      resumed: 1024,
      chunks: 4,
      seconds: 2,
      sources: [{ source: A2, bytes: 1024, bytesPerSecond: 500 }],
    },
    ['m.txt   50%  2048 bytes de 4096 bytes  500 bytes/s  resta 4 s  127.0.0.1:5002 500 bytes/s'],
  ],
  [
    { event: 'source-retired', name: EVIL, source: A3, seconds: 30 },
    [`Peer 127.0.0.1:5003 falhou demais no download de ${EVIL_SHOWN} e fica de fora por 30,0 s.`],
  ],
  [
    {
      ...FINISHED,
      size: 10 * MIB,
      resumed: 4 * MIB,
      shares: [{ source: A2, bytes: 6 * MIB }],
      seconds: 3,
    },
    [
      'Download do arquivo m.txt finalizado.',
      '  10485760 bytes: 4194304 bytes do download interrompido, 6291456 bytes em 3,00 s (2097152 bytes/s), ' +
        'de 1 peer: 127.0.0.1:5002 com 6291456 bytes (100%).',
      `  SHA-256: ${FINISHED.sha256} (confere com o informado por 2 de 3 fontes)`,
    ],
  ],
  [
    { ...FAILED, code: 'no-sources', missing: [[0, 3], [7, 7]], chunks: 100, kept: 768 }, // prettier-ignore
    [
      'Download do arquivo m.txt falhou: nenhum peer restante pode enviar o arquivo; faltam 5 de 100 chunks: 0-3, 7.',
      '  Já recebido e guardado: 768 bytes.',
    ],
  ],
];

/** Events of all other kinds, of whose words only that they are harmless is tested. */
const PLAIN: readonly AppEvent[] = [
  { event: 'peer-stopped' },
  { event: 'stale-files-removed', count: 2 },
  { event: 'input-rejected', remote: EVIL, code: 'malformed', repeated: 0, sample: EVIL },
  { event: 'dialect-learnt', neighbour: A2, dialect: 'raw', evidence: 'reply' },
  { event: 'name-tried-in-base64', neighbour: A2, name: EVIL },
  { event: 'input-rejected', remote: EVIL, code: 'unrequested-reply', repeated: 1 },
  { event: 'neighbours-limit-reached', limit: 1000 },
  { event: 'neighbours-file-line-ignored', line: 3, text: EVIL },
  { event: 'neighbours-file-not-written', path: EVIL, code: 'disk-full' },
  { event: 'event-log-not-written', path: EVIL, code: 'io' },
  { event: 'local-files-not-read', code: 'not-a-folder', path: EVIL },
  { event: 'local-files-listed', files: [{ name: EVIL, size: 7 }] },
  { event: 'chunk-failed', name: EVIL, source: A3, index: 3, code: 'reply-timeout' },
  { event: 'source-returned', name: EVIL, source: A3 },
  { event: 'neighbours-silent', asked: 2 },
  { event: 'source-added', name: EVIL, source: A3 },
  { event: 'source-excluded', name: EVIL, source: A3 },
  { event: 'source-banned', name: EVIL, source: A3 },
  { event: 'clock-ignored', from: A2, clock: 2 ** 52 },
  { event: 'resume-note-not-written', name: EVIL, code: 'disk-full' },
  { event: 'chunks-doubted', name: EVIL, bytes: 1.5 * MIB },
  { ...STARTED, name: EVIL },
  { ...FINISHED, name: EVIL },
  { ...FINISHED, savedAs: EVIL },
  { event: 'download-unneeded', name: EVIL, size: 1 },
  { event: 'file-replaced', name: EVIL, size: 1 },
  { ...FAILED, name: EVIL },
  { event: 'file-chosen', name: EVIL },
  { event: 'message-received', from: A2, type: 'DL', args: [EVIL], clock: 1, clockAfter: 2, reply: false },
];

/** Samples with the lines that tell them on a pipe. */
export const SAMPLES: readonly Sample[] = [...FIXED, ...COMPOSED];

/** At least one event of every kind. */
export const EVENTS: readonly AppEvent[] = [...SAMPLES.map(([event]) => event), ...PLAIN];
