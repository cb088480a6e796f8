import type {
  ConnectionErrorCode,
  DownloadErrorCode,
  FileErrorCode,
  ProtocolErrorCode,
  StartErrorCode,
} from '../errors.ts';

/** Every code that an event or a failed start may carry. */
export type ReasonCode =
  | ConnectionErrorCode
  | DownloadErrorCode
  | FileErrorCode
  | ProtocolErrorCode
  | StartErrorCode
  | 'too-many-connections'
  | 'accept-failed'
  | 'unrequested-reply';

const PROTOCOL: Readonly<Record<ProtocolErrorCode, string>> = {
  malformed: 'não é uma mensagem do protocolo',
  'bad-origin': 'endereço de origem inválido',
  'bad-clock': 'relógio inválido',
  'unknown-type': 'tipo de mensagem desconhecido',
  'bad-arguments': 'argumentos inválidos',
  'bad-base64': 'conteúdo que não é base64 válido',
  'line-too-long': 'linha longa demais',
  'own-origin': 'usa o nosso próprio endereço como origem',
  'unexpected-type': 'resposta de outro tipo',
  'refused-by-remote': 'o outro peer recusou o pedido',
  'remote-busy': 'o outro peer está ocupado e pede paciência',
  'wrong-chunk': 'não é o chunk pedido',
};

const CONNECTION: Readonly<Record<ConnectionErrorCode, string>> = {
  refused: 'conexão recusada',
  unreachable: 'endereço inalcançável',
  'unknown-host': 'host desconhecido',
  'connect-timeout': 'tempo de conexão esgotado',
  'reply-timeout': 'a resposta não chegou a tempo',
  'write-timeout': 'o envio não terminou a tempo',
  'no-key': 'o outro lado não mostrou ter a chave desta rede',
  reset: 'conexão interrompida',
  'no-reply': 'conexão encerrada sem resposta',
  'no-resources': 'sem conexões livres nesta máquina',
  aborted: 'cancelado',
  'request-timeout': 'o pedido não chegou a tempo',
};

const FILE: Readonly<Record<FileErrorCode, string>> = {
  'not-found': 'não encontrado',
  'not-a-folder': 'não é um diretório',
  'not-a-file': 'não é um arquivo comum',
  'not-text': 'não é um arquivo de texto',
  'no-permission': 'permissão negada',
  'disk-full': 'disco cheio',
  'unsafe-name': 'nome de arquivo não permitido',
  'name-twin': 'o sistema de arquivos confunde o nome com o de outro arquivo',
  'out-of-range': 'chunk além do fim do arquivo',
  'too-large': 'tamanho acima do permitido',
  changed: 'o arquivo mudou durante a leitura',
  exists: 'já existe e não será sobrescrito',
  'not-private': 'pode ser lido por outros usuários (corrija com: chmod 600)',
  'not-a-key': 'não é uma chave de 64 dígitos hexadecimais (crie uma com: eachare chave <arquivo>)',
  busy: 'ainda não está pronto, pode ser pedido de novo',
  io: 'erro de entrada e saída',
};

const DOWNLOAD: Readonly<Record<DownloadErrorCode, string>> = {
  'too-many-chunks': 'chunks demais, escolha um tamanho de chunk maior (menu 6)',
  'no-sources': 'nenhum peer restante pode enviar o arquivo',
  aborted: 'cancelado',
  disk: 'não foi possível gravar o arquivo',
  'digest-mismatch':
    'o conteúdo recebido não confere com o SHA-256 informado, nada foi posto no diretório compartilhado',
  'no-match': 'nenhum arquivo da rede tem esse nome',
  'sources-differ': 'há conteúdos diferentes com esse nome, e nenhum foi escolhido (veja listar)',
};

const START: Readonly<Record<StartErrorCode, string>> = {
  'port-taken': 'a porta já está em uso (com :0 uma livre é escolhida)',
  'port-forbidden': 'permissão negada para usar a porta',
  'address-not-local': 'o endereço não é desta máquina',
  'listen-failed': 'não foi possível escutar no endereço',
};

const REASONS: Readonly<Record<ReasonCode, string>> = {
  ...PROTOCOL,
  ...CONNECTION,
  ...FILE,
  ...DOWNLOAD,
  ...START,
  'too-many-connections': 'conexões demais abertas',
  'accept-failed': 'o sistema não deixou aceitar a conexão',
  'unrequested-reply': 'resposta a nenhum pedido em aberto',
};

/** The code in words, to stand after a colon. */
export function reason(code: ReasonCode): string {
  return REASONS[code];
}

/** Whether it is this machine's disk that is at fault. */
export function isFileReason(code: ReasonCode): code is FileErrorCode {
  return code in FILE;
}

/** Whether the other side answered, but against the rules. */
export function isProtocolReason(code: ReasonCode): code is ProtocolErrorCode {
  return code in PROTOCOL;
}
