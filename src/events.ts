import type { DownloadErrorCode, FileErrorCode, ConnectionErrorCode, ProtocolErrorCode } from './errors.ts';
import type { Address } from './protocol/address.ts';
import type { MessageType, PeerStatus } from './protocol/message.ts';

/**
 * Everything that is shown or logged is one of these facts first, told in the past tense.
 * Facts flow one way: whoever knows one calls `report`, nothing comes back.
 */
export type AppEvent =
  | { readonly event: 'peer-started'; readonly address: Address }
  | { readonly event: 'peer-stopped' }
  | { readonly event: 'clock-updated'; readonly clock: number; readonly cause: 'send' | 'receive' }
  | MessageSent
  | MessageReceived
  /** Bytes that are no message, or a message that breaks the rules. `repeated`: how often it was not reported since. */
  | {
      readonly event: 'input-rejected';
      readonly remote: string;
      readonly code: RejectionCode;
      readonly repeated: number;
      /** The first characters of it, where it is no message. */
      readonly sample?: string;
    }
  /** A clock so far ahead of ours that it was counted as an event and not followed. */
  | { readonly event: 'clock-ignored'; readonly from: Address; readonly clock: number }
  /** A well-formed request that got no answer. */
  | {
      readonly event: 'request-refused';
      readonly from: Address;
      readonly type: MessageType;
      readonly name: string;
      readonly code: FileErrorCode;
      readonly repeated: number;
    }
  /** Something that we sent, or wanted to, that failed. */
  | {
      readonly event: 'request-failed';
      readonly to: Address;
      readonly type: MessageType;
      readonly code: ConnectionErrorCode | ProtocolErrorCode;
    }
  | { readonly event: 'neighbour-added'; readonly neighbour: Address; readonly status: PeerStatus }
  | { readonly event: 'neighbour-status-changed'; readonly neighbour: Address; readonly status: PeerStatus }
  /** It announces itself on the local network. */
  | { readonly event: 'neighbour-discovered'; readonly neighbour: Address }
  /** Nobody can be found on the local network: multicast is missing or forbidden. */
  | { readonly event: 'discovery-failed' }
  /** How the program at that address frames its messages, and what showed it. */
  | {
      readonly event: 'dialect-learnt';
      readonly neighbour: Address;
      readonly dialect: string;
      readonly evidence: string;
    }
  /** It is silent to the name of a file as it lists it, and gets it in base64, as some programs want it. */
  | { readonly event: 'name-tried-in-base64'; readonly neighbour: Address; readonly name: string }
  /** The person does not want it in the list any more. */
  | { readonly event: 'neighbour-forgotten'; readonly neighbour: Address }
  /** What the person wanted to add or forget, and cannot. */
  | {
      readonly event: 'neighbour-rejected';
      readonly input: string;
      readonly why: 'no-address' | 'own' | 'known' | 'unknown';
    }
  | { readonly event: 'neighbours-limit-reached'; readonly limit: number }
  | { readonly event: 'neighbours-file-line-ignored'; readonly line: number; readonly text: string }
  | { readonly event: 'neighbours-file-not-written'; readonly path: string; readonly code: FileErrorCode }
  /** What a download has received cannot be noted: should it be interrupted, all of it is asked for again. */
  | { readonly event: 'resume-note-not-written'; readonly name: string; readonly code: FileErrorCode }
  /** Temporary files of downloads that were killed long ago. */
  | { readonly event: 'stale-files-removed'; readonly count: number }
  /** In the event log only: so many events about a host that asks for the same over and over were not written. */
  | { readonly event: 'events-omitted'; readonly host: string; readonly count: number }
  | { readonly event: 'event-log-not-written'; readonly path: string; readonly code: FileErrorCode }
  | { readonly event: 'local-files-listed'; readonly files: readonly FileView[] }
  /** What an earlier run has left unfinished in the shared folder. */
  | { readonly event: 'interrupted-downloads-found'; readonly downloads: readonly InterruptedDownload[] }
  | { readonly event: 'local-files-not-read'; readonly code: FileErrorCode; readonly path: string }
  /** All neighbours were asked whom they know, and none has answered. */
  | { readonly event: 'neighbours-silent'; readonly asked: number }
  | { readonly event: 'search-finished'; readonly asked: number; readonly found: readonly FoundFileView[] }
  | { readonly event: 'file-chosen'; readonly name: string }
  /** Several files were chosen at once; `skipped` we had already. */
  | {
      readonly event: 'queue-finished';
      readonly fetched: number;
      readonly bytes: number;
      readonly failed: readonly string[];
      readonly skipped: number;
    }
  /** The program is to end while others download from us; `isPostponed`: only where it is asked for once more. */
  | {
      readonly event: 'uploads-under-way';
      readonly uploads: readonly UploadView[];
      readonly isPostponed: boolean;
    }
  | { readonly event: 'choice-rejected'; readonly input: string; readonly among: 'menu' | 'peers' | 'files' }
  | { readonly event: 'chunk-size-changed'; readonly bytes: number }
  | {
      readonly event: 'chunk-size-rejected';
      readonly input: string;
      readonly largest: number;
      readonly bytes: number;
    }
  | {
      readonly event: 'statistics-shown';
      readonly clock: number;
      readonly peers: readonly NeighbourView[];
      readonly downloads: readonly DownloadGroup[];
    }
  | DownloadStarted
  | DownloadProgressed
  | {
      readonly event: 'chunk-failed';
      readonly name: string;
      readonly source: Address;
      readonly index: number;
      readonly code: ConnectionErrorCode | ProtocolErrorCode;
    }
  /** A source that failed too often; it is asked again after `seconds`. Not repeated until it has delivered. */
  | {
      readonly event: 'source-retired';
      readonly name: string;
      readonly source: Address;
      readonly seconds: number;
    }
  /** It has delivered again. */
  | { readonly event: 'source-returned'; readonly name: string; readonly source: Address }
  /** It has come ONLINE with the same file while the download ran. */
  | { readonly event: 'source-added'; readonly name: string; readonly source: Address }
  /** Its file is another one, by its digest. */
  | { readonly event: 'source-excluded'; readonly name: string; readonly source: Address }
  /** It has told the right digest, and sent other bytes: not asked for files any more in this run. */
  | { readonly event: 'source-banned'; readonly name: string; readonly source: Address }
  /** The whole does not have its digest, or a source was excluded: so many bytes are asked for again. */
  | { readonly event: 'chunks-doubted'; readonly name: string; readonly bytes: number }
  /** Nothing is downloaded: our file of that name has this content. */
  | {
      readonly event: 'download-unneeded';
      readonly name: string;
      readonly size: number;
      readonly sha256?: string | undefined;
    }
  /** A download has taken the place of a file of ours, which had so many bytes. */
  | { readonly event: 'file-replaced'; readonly name: string; readonly size: number }
  | DownloadFinished
  | {
      readonly event: 'download-failed';
      readonly name: string;
      readonly code: DownloadErrorCode | FileErrorCode;
      readonly missing: readonly (readonly [first: number, last: number])[];
      readonly chunks: number;
      /** Bytes that stay on the disk: choosing the file again asks only for the others. */
      readonly kept: number;
    }
  | { readonly event: 'leaving'; readonly cause: 'menu' | 'signal' | 'end-of-input' };

/** What can be wrong with a connection that somebody opened to us. */
export type RejectionCode =
  | ProtocolErrorCode
  | 'request-timeout'
  | 'no-key'
  | 'too-many-connections'
  | 'accept-failed'
  // a reply on a connection of its own to no request that is open
  | 'unrequested-reply';

/** `args` as on the wire, long ones cut. Pair it with its receipt by (`peer` of this log, `clock`). */
export interface MessageSent {
  readonly event: 'message-sent';
  readonly to: Address | string;
  readonly type: MessageType;
  readonly args: readonly string[];
  readonly clock: number;
  readonly reply: boolean;
  /** For DL and FILE, where known: how many chunks that file has at that chunk size. */
  readonly chunks?: number | undefined;
  /** Of a FILE: the name as it travels, and the bytes of the file in it; not in the log by themselves. */
  readonly token?: string | undefined;
  readonly bytes?: number | undefined;
  /** Of a DATA: its last byte is the last one of the file; not in the log. */
  readonly endsFile?: boolean;
}

/** Pair it with its sending by (`from`, `clock`); `clockAfter` is our clock once it was taken into account. */
export interface MessageReceived {
  readonly event: 'message-received';
  readonly from: Address;
  readonly type: MessageType;
  readonly args: readonly string[];
  readonly clock: number;
  readonly clockAfter: number;
  /** Of a DL: the name that is asked for, as it travels; the first of `args`, and not in the log by itself. */
  readonly token?: string | undefined;
  /** An answer to a request of ours, not a request to us. */
  readonly reply: boolean;
  readonly chunks?: number | undefined;
}

export interface DownloadStarted {
  readonly event: 'download-started';
  readonly name: string;
  readonly size: number;
  readonly chunkSize: number;
  readonly chunks: number;
  readonly sources: readonly Address[];
  /** Bytes that an interrupted download has left; only the others are asked for. */
  readonly resumed: number;
}

/** What one source of a download has given. */
export interface SourceShare {
  readonly source: Address;
  readonly bytes: number;
}

export interface SourceProgress extends SourceShare {
  /** Lately. */
  readonly bytesPerSecond: number;
}

/** Reported at an interval while a download runs. */
export interface DownloadProgressed {
  readonly event: 'download-progressed';
  readonly name: string;
  readonly size: number;
  /** Received by this run; with `resumed` all that is there. */
  readonly bytes: number;
  readonly resumed: number;
  readonly chunks: number;
  /** Since the first request. */
  readonly seconds: number;
  /** Those that are asked now. */
  readonly sources: readonly SourceProgress[];
}

export interface DownloadFinished {
  readonly event: 'download-finished';
  readonly name: string;
  /** Its name on the disk, where that is another one. */
  readonly savedAs?: string;
  readonly size: number;
  readonly chunkSize: number;
  /** Those that have delivered, in the order of their first chunk. */
  readonly sources: readonly Address[];
  readonly shares: readonly SourceShare[];
  readonly resumed: number;
  /** From the first request to the last chunk. */
  readonly seconds: number;
  /** Of what stands on the disk, in hexadecimal digits. */
  readonly sha256: string;
  /** A chosen source has told the same; an earlier download does not count. */
  readonly isProven: boolean;
  /** How many of the chosen sources have told it, and how many had been chosen. */
  readonly toldBy: number;
  readonly chosen: number;
}

export interface NeighbourView {
  readonly address: Address;
  readonly status: PeerStatus;
  readonly clock: number;
}

export interface FileView {
  readonly name: string;
  readonly size: number;
}

export interface InterruptedDownload extends FileView {
  /** That are there, of `size`. */
  readonly bytes: number;
}

/** A neighbour that downloads a file of ours. */
export interface UploadView {
  readonly to: Address | string;
  readonly name: string;
}

export interface FoundFileView extends FileView {
  readonly sources: readonly Address[];
  /** Of the file, in hexadecimal digits, where a source has told it. */
  readonly sha256?: string | undefined;
  /** What we have under that name: the same, as far as one can know, or something else. Not in the event log. */
  readonly mine?: 'same' | 'other' | undefined;
}

/** Downloads alike in chunk size, number of sources and file size; times in seconds. */
export interface DownloadGroup {
  readonly chunkSize: number;
  readonly sources: number;
  readonly fileSize: number;
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

export interface Reporter {
  report(event: AppEvent): void;
}

/** What a command asks of the person; the terminal finds the words and the shape. */
export type Question = (
  | {
      readonly ask: 'menu';
      /** What may stand behind a command. */
      readonly known?: readonly Address[];
      readonly names?: readonly string[];
    }
  | { readonly ask: 'peer'; readonly peers: readonly NeighbourView[] }
  | {
      readonly ask: 'file';
      readonly found: readonly FoundFileView[];
      /** Only rows with this text in their names are shown, under the numbers that they have among all. */
      readonly filter?: string;
    }
  /** `bytes`: what it is now, and stays where nothing is typed. */
  | { readonly ask: 'chunk-size'; readonly bytes?: number }
  /** May a download take the place of this file of ours? `modifiedAt` in milliseconds since 1970. */
  | { readonly ask: 'replace'; readonly name: string; readonly size: number; readonly modifiedAt: number }
  | { readonly ask: 'leave'; readonly uploads: readonly UploadView[] }
) & {
  /** All of it, unless said otherwise: only the prompt, after an answer that was none, or what can be typed. */
  readonly show?: 'prompt' | 'help' | undefined;
};

/** One line of the person's input, without the newline; undefined at the end of input. */
export type Ask = (question: Question) => Promise<string | undefined>;
