import type { AppEvent, DownloadFinished } from '../../../src/events.ts';
import { A2, A3 } from './addresses.ts';

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

export const FINISHED: DownloadFinished = {
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
};

const SHA256_LINE =
  '  SHA-256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef (confere com o informado por 2 de 3 fontes)';

const FAILED = {
  event: 'download-failed',
  name: 'm.txt',
  code: 'aborted',
  missing: [[2, 2]],
  chunks: 4,
  kept: 0,
} as const;

const MIB = 1024 ** 2;

/** The events of downloads, with the lines that tell them on a pipe. */
export const DOWNLOAD_SAMPLES: readonly (readonly [event: AppEvent, lines: readonly string[]])[] = [
  [STARTED, ['Baixando m.txt: 1000 bytes em 4 chunks de até 256 bytes, de 2 peers.']],
  [
    { ...STARTED, size: 10 * MIB, chunks: 40_960, resumed: 3.2 * MIB },
    [
      'Continuando o download de m.txt com 3,2 MiB de 10,0 MiB (10485760 bytes) já recebidos; ' +
        'só o resto é pedido, em chunks de até 256 bytes, de 2 peers.',
    ],
  ],
  [
    { ...STARTED, name: 'm\n.txt', resumed: 1000 },
    ['Continuando o download de m\\x0a.txt: todo o conteúdo já está aqui (1000 bytes), nada mais é pedido.'],
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
      sources: [
        { source: A2, bytes: 1000, bytesPerSecond: 500 },
        { source: A3, bytes: 24, bytesPerSecond: 12.3 * MIB },
      ],
    },
    [
      'm.txt   50%  2,0 KiB de 4,0 KiB  512 bytes/s  resta 4,00 s  ' +
        '127.0.0.1:5002 500 bytes/s, 127.0.0.1:5003 12,3 MiB/s',
    ],
  ],
  [
    { event: 'chunk-failed', name: 'm.txt', source: A3, index: 3, code: 'reply-timeout' },
    ['Chunk 3 de m.txt falhou em 127.0.0.1:5003: a resposta não chegou a tempo'],
  ],
  [
    { event: 'source-retired', name: 'm\x1b[2J.txt', source: A3, seconds: 30 },
    ['Peer 127.0.0.1:5003 falhou demais no download de m\\x1b[2J.txt e fica de fora por 30,0 s.'],
  ],
  [
    { event: 'source-returned', name: 'm.txt\u202E', source: A3 },
    ['Peer 127.0.0.1:5003 volta ao download de m.txt\\u{202e}.'],
  ],
  [
    { event: 'source-added', name: 'm\r.txt', source: A3 },
    ['Peer 127.0.0.1:5003 também tem m\\x0d.txt e entra no download.'],
  ],
  [
    { event: 'source-excluded', name: 'm\uDCE9.txt', source: A3 },
    ['Peer 127.0.0.1:5003 sai do download de m\\xe9.txt: tem outro conteúdo (SHA-256 diferente).'],
  ],
  [
    { event: 'source-banned', name: 'm\x07.txt', source: A3 },
    ['Peer 127.0.0.1:5003 enviou conteúdo errado de m\\x07.txt e não é mais usado até o fim desta execução.'],
  ],
  [
    { event: 'chunks-doubted', name: 'm\t.txt', bytes: 1.5 * MIB },
    ['Conteúdo recebido de m\\x09.txt não é confiável e será pedido de novo: 1,5 MiB (1572864 bytes).'],
  ],
  [
    FINISHED,
    [
      'Download do arquivo m.txt finalizado.',
      '  1000 bytes em 0,50 s (2,0 KiB/s), de 2 peers: ' +
        '127.0.0.1:5003 com 768 bytes (77%) e 127.0.0.1:5002 com 232 bytes (23%).',
      SHA256_LINE,
    ],
  ],
  [
    { ...FINISHED, size: 10 * MIB, resumed: 4 * MIB, shares: [{ source: A2, bytes: 6 * MIB }], seconds: 3 },
    [
      'Download do arquivo m.txt finalizado.',
      '  10,0 MiB (10485760 bytes): 4,0 MiB do download interrompido, 6,0 MiB em 3,00 s (2,0 MiB/s), ' +
        'de 1 peer: 127.0.0.1:5002 com 6,0 MiB (100%).',
      SHA256_LINE,
    ],
  ],
  [
    { ...FINISHED, sources: [], shares: [], resumed: 1000, seconds: 0 },
    ['Download do arquivo m.txt finalizado.', '  1000 bytes, do download interrompido.', SHA256_LINE],
  ],
  [
    {
      ...FINISHED,
      name: 'm\n.txt',
      size: 0,
      sources: [],
      shares: [],
      seconds: 0,
      isProven: false,
      toldBy: 0,
    },
    [
      'Download do arquivo m\\x0a.txt finalizado.',
      '  0 bytes em 0,00000 s (–).',
      SHA256_LINE.replace('confere com o informado por 2 de 3 fontes', 'nenhum peer informou o SHA-256'),
    ],
  ],
  [
    { ...FAILED, code: 'no-sources', missing: [[0, 3], [7, 7]], chunks: 100 }, // prettier-ignore
    [
      'Download do arquivo m.txt falhou: nenhum peer restante pode enviar o arquivo; faltam 5 de 100 chunks: 0-3, 7.',
    ],
  ],
  [FAILED, ['Download do arquivo m.txt falhou: cancelado; falta 1 de 4 chunks: 2.']],
  [
    { ...FAILED, kept: 768 },
    [
      'Download do arquivo m.txt falhou: cancelado; falta 1 de 4 chunks: 2.',
      '  Já recebido e guardado: 768 bytes. Escolha o mesmo arquivo de novo para continuar: só o resto será pedido.',
    ],
  ],
  [
    { ...FAILED, code: 'disk-full', missing: [] },
    ['Download do arquivo m.txt falhou: não foi possível gravar no diretório compartilhado: disco cheio.'],
  ],
  [
    { ...FAILED, code: 'digest-mismatch', missing: [] },
    [
      'Download do arquivo m.txt falhou: o conteúdo recebido não confere com o SHA-256 informado, ' +
        'nada foi posto no diretório compartilhado.',
    ],
  ],
];
