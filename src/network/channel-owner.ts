import type { ProtocolError } from '../errors.ts';
import type { ReplyEvidence } from '../protocol/dialect.ts';
import type { Message } from '../protocol/message.ts';
import type { Channel } from './channel.ts';

/** Who works on a channel's messages. */
export interface ChannelOwner {
  /**
   * Takes a reply that `ask` waits for, before `ask` gets it: clock, report, neighbour.
   * @param seen what it shows of its sender; undefined where there is nothing to learn
   * @throws ProtocolError where it is not acceptable; `ask` fails with it
   */
  onReply(
    message: Message,
    channel: Channel,
    seen: ReplyEvidence | undefined,
    chunks: number | undefined,
  ): void;
  /**
   * Takes everything else: requests, and replies that nobody waits for here.
   * @param turn resolves when all answers before are sent; the answer to this must not be sent earlier. Undefined where
   *   none is due: then what can be answered at once is, and undefined is returned
   */
  onMessage(
    message: Message,
    channel: Channel,
    payload: Buffer,
    turn: Promise<void> | undefined,
  ): Promise<void> | undefined;
  /**
   * Takes what is no message that we know, in a session, once all before it is answered. A promise where its answer has to
   * wait for the other side to read.
   * @throws ProtocolError where it is not to be answered; the connection ends with it
   */
  onUnknown(payload: Buffer, channel: Channel, error: ProtocolError): Promise<void> | undefined;
  /** The other side has closed, of its own accord and in good order, behind that reply. */
  onClosedByThem(channel: Channel, lastReply: ReplyEvidence): void;
}
