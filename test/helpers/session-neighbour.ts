import type { Message, MessageOf } from '../../src/protocol/message.ts';
import { blockOf, chunkBody, KeepingNeighbour } from './keeping-neighbour.ts';
import { sha256Of } from './memory-share.ts';
import type { RawSocket } from './raw-socket.ts';

/** A reaction of its own; true where there was one. */
export type Reaction<M> = (request: M, connection: RawSocket, neighbour: KeepingNeighbour) => boolean;

export interface SessionScript {
  /** Name of the one file that it lists. */
  readonly name?: string;
  readonly data: Buffer;
  /** What it offers in RETURN_HELLO. */
  readonly offers?: string;
  /** What comes before the honest answer to any message, in place of it. */
  readonly react?: Reaction<Message>;
  /** The same for DL. */
  readonly onChunk?: Reaction<MessageOf<'DL'>>;
  /** The same for GET; its offer must have `blocos`. */
  readonly onBlock?: Reaction<MessageOf<'GET'>>;
  /** The same for DIGEST. */
  readonly onDigest?: Reaction<MessageOf<'DIGEST'>>;
}

/** A neighbour with sessions that answers honestly, where its script does not say otherwise. */
export function startSessionNeighbour(script: SessionScript): Promise<KeepingNeighbour> {
  const { name = 'f', data, offers = 'sessao sha256', react, onChunk, onBlock, onDigest } = script;
  return KeepingNeighbour.start((message, connection, self) => {
    if (react?.(message, connection, self) === true) return;
    const say = (body: string) => self.say(connection, body);
    switch (message.type) {
      case 'HELLO':
        return say(`RETURN_HELLO ${offers}`);
      case 'LS':
        return say(`LS_LIST 1 ${name}:${data.length}`);
      case 'GET_PEERS':
        return say('PEER_LIST 0');
      case 'DL':
        return onChunk?.(message, connection, self) === true ? undefined : say(chunkBody(data, message));
      case 'GET':
        if (onBlock?.(message, connection, self) === true) return;
        return self.sayBlock(connection, message, blockOf(data, message));
      case 'DIGEST':
        if (onDigest?.(message, connection, self) === true) return;
        return say(`DIGEST_OF ${message.token} ${data.length} ${sha256Of(data)}`);
      default:
    }
  });
}

/**
 * A neighbour that is busy with its digest until it was asked for so many chunks.
 * @param onChunk hears of each DL before its answer
 */
export function startLateTeller(
  data: Buffer,
  chunks: number,
  onChunk: () => void = () => undefined,
): Promise<KeepingNeighbour> {
  return startSessionNeighbour({
    data,
    onChunk: () => {
      onChunk();
      return false;
    },
    onDigest: (_, connection, self) => {
      const isBusy = self.count('DL') < chunks;
      if (isBusy) self.say(connection, 'ERROR DIGEST busy f');
      return isBusy;
    },
  });
}
