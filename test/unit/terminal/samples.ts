import type { AppEvent } from '../../../src/events.ts';
import { A1, A2, A3 } from './addresses.ts';
import { DOWNLOAD_SAMPLES } from './download-samples.ts';

/** Every kind of event, with the lines that tell it at our address A1 on a pipe. */
export const SAMPLES: readonly (readonly [event: AppEvent, lines: readonly string[]])[] = [
  [{ event: 'peer-started', address: A1 }, ['Peer iniciado em 127.0.0.1:5001']],
  [{ event: 'peer-stopped' }, []],
  [
    { event: 'stale-files-removed', count: 2 },
    ['Restos de downloads interrompidos há mais de 7 dias removidos: 2.'],
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
      event: 'message-sent',
      to: '10.0.0.9:40000',
      type: 'RETURN_HELLO',
      args: ['sessao', 'sha256'],
      clock: 8,
      reply: true,
    },
    ['Encaminhando mensagem "127.0.0.1:5001 8 RETURN_HELLO sessao sha256" para 10.0.0.9:40000'],
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
    {
      event: 'message-received',
      from: A2,
      type: 'HELLO',
      args: ['\x1b[2J\n'],
      clock: 1,
      clockAfter: 2,
      reply: false,
    },
    ['Mensagem recebida: "127.0.0.1:5002 1 HELLO \\x1b[2J\\x0a"'],
  ],
  [
    { event: 'input-rejected', remote: '10.0.0.9:40000', code: 'malformed', repeated: 0 },
    ['Entrada recusada de 10.0.0.9:40000: não é uma mensagem do protocolo'],
  ],
  [
    { event: 'input-rejected', remote: '10.0.0.9', code: 'too-many-connections', repeated: 12 },
    ['Entrada recusada de 10.0.0.9: conexões demais abertas (mais 12 iguais desde o último aviso)'],
  ],
  [
    { event: 'request-refused', from: A2, type: 'DL', name: 'x\n.txt', code: 'not-found', repeated: 1 },
    ['Pedido DL x\\x0a.txt de 127.0.0.1:5002 recusado: não encontrado (mais 1 igual desde o último aviso)'],
  ],
  [
    { event: 'request-refused', from: A2, type: 'LS', name: '', code: 'no-permission', repeated: 0 },
    ['Pedido LS de 127.0.0.1:5002 recusado: permissão negada'],
  ],
  [
    { event: 'request-failed', to: A3, type: 'LS', code: 'refused' },
    ['Não foi possível falar com 127.0.0.1:5003: conexão recusada (LS)'],
  ],
  [
    { event: 'request-failed', to: A3, type: 'DIGEST', code: 'remote-busy' },
    ['Ainda sem resposta de 127.0.0.1:5003: o outro peer está ocupado e pede paciência (DIGEST)'],
  ],
  [
    { event: 'request-refused', from: A2, type: 'DIGEST', name: 'x', code: 'busy', repeated: 0 },
    ['Pedido DIGEST x de 127.0.0.1:5002 recusado: ainda não está pronto, pode ser pedido de novo'],
  ],
  [
    { event: 'request-failed', to: A3, type: 'DL', code: 'wrong-chunk' },
    ['Resposta inválida de 127.0.0.1:5003: não é o chunk pedido (DL)'],
  ],
  [
    { event: 'neighbour-added', neighbour: A2, status: 'OFFLINE' },
    ['Adicionando novo peer 127.0.0.1:5002 status OFFLINE'],
  ],
  [
    { event: 'neighbour-status-changed', neighbour: A2, status: 'ONLINE' },
    ['Atualizando peer 127.0.0.1:5002 status ONLINE'],
  ],
  [{ event: 'dialect-learnt', neighbour: A2, dialect: 'raw', evidence: 'reply' }, []],
  [
    { event: 'neighbours-limit-reached', limit: 1000 },
    ['Limite de 1000 vizinhos alcançado: novos peers não serão adicionados.'],
  ],
  [
    { event: 'neighbours-file-line-ignored', line: 3, text: 'o\u202Ei' },
    ['Linha 3 do arquivo de vizinhos ignorada, não é host:porta: "o\\u{202e}i"'],
  ],
  [
    { event: 'neighbours-file-not-written', path: 'v.txt', code: 'disk-full' },
    ['Não foi possível gravar o arquivo de vizinhos v.txt: disco cheio'],
  ],
  [
    { event: 'event-log-not-written', path: 'e.jsonl', code: 'io' },
    ['Não foi possível gravar o registro de eventos e.jsonl: erro de entrada e saída'],
  ],
  [{ event: 'local-files-listed', files: [] }, ['Nenhum arquivo no diretório compartilhado.']],
  [
    {
      event: 'local-files-listed',
      files: [
        { name: 'hello.txt', size: 7 },
        { name: 'a:b c.txt', size: 1000 },
      ],
    },
    [
      'Arquivos locais:',
      'Nome          | Tamanho [bytes]',
      '--------------+----------------',
      '[1] hello.txt |               7',
      '[2] a:b c.txt |            1000',
    ],
  ],
  [
    { event: 'local-files-not-read', code: 'not-a-folder', path: '/a/b' },
    ['Não foi possível ler /a/b: não é um diretório'],
  ],
  [
    { event: 'search-finished', asked: 0, found: [] },
    ['Nenhum peer online para perguntar; use antes [1] ou [2].'],
  ],
  [
    { event: 'search-finished', asked: 1, found: [] },
    ['Nenhum arquivo encontrado na rede (1 peer consultado).'],
  ],
  [
    { event: 'search-finished', asked: 2, found: [] },
    ['Nenhum arquivo encontrado na rede (2 peers consultados).'],
  ],
  [{ event: 'search-finished', asked: 1, found: [{ name: 'a', size: 1, sources: [A2] }] }, []],
  [{ event: 'file-chosen', name: 'milbytes.txt' }, ['arquivo escolhido milbytes.txt']],
  [
    { event: 'choice-rejected', input: '7\t', among: 'menu' },
    ['Comando inválido: "7\\x09". Digite um dos números entre colchetes.'],
  ],
  [
    { event: 'choice-rejected', input: '-1', among: 'peers' },
    ['Opção inválida: "-1". Digite um dos números entre colchetes.'],
  ],
  [{ event: 'chunk-size-changed', bytes: 128 }, ['Tamanho de chunk alterado: 128']],
  [
    { event: 'chunk-size-rejected', input: 'abc', largest: 16777216, bytes: 256 },
    [
      'Tamanho de chunk inválido: "abc". Digite um número inteiro de 1 a 16777216 (bytes); o tamanho continua 256.',
    ],
  ],
  [
    { event: 'statistics-shown', clock: 12, peers: [], downloads: [] },
    [
      'Relógio: 12',
      'Nenhum peer conhecido.',
      'Downloads:',
      'Tam. chunk | N peers | Tam. arquivo | N | Tempo [s] | Desvio',
      'Nenhum download concluído até agora (os continuados não contam).',
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
  ...DOWNLOAD_SAMPLES,
  [{ event: 'leaving', cause: 'menu' }, ['Saindo...']],
];
