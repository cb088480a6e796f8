/**
 * Errors say who must act. Everything else that is thrown is a bug and may crash loudly.
 * Callers match `code`, never the text; the texts that a person reads live in `terminal/`.
 */
export abstract class EachareError extends Error {
  abstract readonly code: string;
}

/** The other side is at fault, or cannot be reached: what was wanted of it may be had elsewhere. */
export abstract class RemoteError extends EachareError {
  abstract override readonly code: ProtocolErrorCode | ConnectionErrorCode;
}

export type ProtocolErrorCode =
  | 'malformed' // not `<origin> <clock> <TYPE> …`
  | 'bad-origin'
  | 'bad-clock'
  | 'unknown-type'
  | 'bad-arguments'
  | 'bad-base64'
  | 'line-too-long'
  | 'own-origin' // somebody claims to be us
  | 'unexpected-type' // a reply of another type than the request asks for
  | 'refused-by-remote' // an ERROR instead of the reply
  | 'remote-busy' // an ERROR that asks for patience
  | 'wrong-chunk'; // FILE with another name, index or length than requested

/** The remote broke the rules: that connection is closed. */
export class ProtocolError extends RemoteError {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  constructor(code: ProtocolErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? code : `${code}: ${detail}`, options);
    this.code = code;
  }
}

export type ConnectionErrorCode =
  | 'refused'
  | 'unreachable'
  | 'unknown-host'
  | 'connect-timeout'
  | 'reply-timeout'
  | 'write-timeout'
  | 'request-timeout' // a connection that brings no request
  | 'no-key' // has not shown that it has the key of our private network
  | 'reset'
  | 'no-reply' // closed in good order, without an answer
  | 'no-resources' // descriptors or local ports used up
  | 'aborted'; // we gave up ourselves

/** The remote cannot be reached or went silent: it is OFFLINE, what it owed us is asked elsewhere. */
export class ConnectionError extends RemoteError {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionErrorCode;
  constructor(code: ConnectionErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

export type FileErrorCode =
  | 'not-found'
  | 'not-a-folder'
  | 'not-a-file'
  | 'not-text'
  | 'no-permission'
  | 'disk-full'
  | 'unsafe-name'
  | 'name-twin' // the file system takes the name for another file's
  | 'out-of-range'
  | 'too-large'
  | 'changed' // the file became shorter while it was read
  | 'exists' // and is not to be overwritten
  | 'not-private' // others may read it
  | 'not-a-key'
  | 'busy' // it takes longer than its asker should wait
  | 'io';

/** A file or folder of this machine cannot be used as asked. `path` is what the user would look at. */
export class FileError extends EachareError {
  override readonly name = 'FileError';
  readonly code: FileErrorCode;
  readonly path: string;
  constructor(code: FileErrorCode, path: string, options?: ErrorOptions) {
    super(`${code}: ${path}`, options);
    this.code = code;
    this.path = path;
  }
}

export type DownloadErrorCode =
  | 'too-many-chunks'
  | 'no-sources'
  | 'aborted'
  | 'disk'
  | 'digest-mismatch' // all bytes came, and they are not the file that was offered
  | 'no-match' // nobody offers a file of that name
  | 'sources-differ'; // several contents under one name, and nobody to choose

/** A download ended without its file. `missing` holds the chunk indexes not received, as inclusive ranges. */
export class DownloadError extends EachareError {
  override readonly name = 'DownloadError';
  readonly code: DownloadErrorCode;
  readonly missing: readonly (readonly [first: number, last: number])[];
  constructor(
    code: DownloadErrorCode,
    missing: readonly (readonly [first: number, last: number])[],
    options?: ErrorOptions,
  ) {
    super(code, options);
    this.code = code;
    this.missing = missing;
  }
}

export type StartErrorCode = 'port-taken' | 'port-forbidden' | 'address-not-local' | 'listen-failed';

/** The peer cannot start to listen; the program ends with exit code 1. */
export class StartError extends EachareError {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;
  constructor(code: StartErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** The command line is wrong; the program ends with exit code 2. The message is for the user, in Portuguese. */
export class UsageError extends EachareError {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}
