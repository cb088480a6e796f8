import { startsLate } from './model.ts';
import type { LoggedMessage, Run } from './model.ts';
import { witness, type Court } from './rules.ts';

/** Which request a reply answers (protocol, sections 1 and 6); an ERROR names the type itself. */
const REQUEST_OF: Readonly<Record<string, string>> = {
  PEER_LIST: 'GET_PEERS',
  LS_LIST: 'LS',
  FILE: 'DL',
  DIGEST_OF: 'DIGEST',
  DATA: 'GET',
  RETURN_HELLO: 'HELLO',
};

/** What one side has asked the other and got no answer to: by type, or for DL by index. */
type Pending = Map<string, LoggedMessage[]>;

/**
 * Follows the requests and replies between a run and each of its neighbours: every reply has its request, a FILE repeats
 * its DL, and nothing is asked after the first BYE. Both sides of a connection stand in one log, so one log is enough.
 */
export function conversationFaults(run: Run, court: Court): void {
  const asked = new Requests();
  const served = new Requests();
  // Requests may be missing without anybody's fault.
  const isPartial = run.isThinned || startsLate(run);
  let bye: LoggedMessage | undefined;
  for (const message of run.messages) {
    const { sent, other, type, args, reply } = message;
    if (sent && bye !== undefined) {
      court.check('bye');
      if (!reply && type !== 'BYE') {
        court.blame('bye', `${type} depois do BYE`, witness(run, message), witness(run, bye));
      }
    }
    if (sent && type === 'BYE') bye ??= message;
    const isReply = reply || (type !== 'RETURN_HELLO' && Object.hasOwn(REQUEST_OF, type));
    // A request that is sent is answered by what is received, and the other way round.
    const side = sent === isReply ? served : asked;
    if (isReply && isPartial) continue;
    if (isReply) answer(run, message, side.ofReply(other, requestKey(type, args)), court);
    else push(side.of(other), keyOf(type, args), message);
  }
}

/** The pending requests of one direction, by the other side's address. */
class Requests {
  readonly #pending = new Map<string, Pending>();
  /** Programs that answer under another address than the one they are dialled at (a proxy, a second name of a host). */
  readonly #aliases = new Map<string, string>();

  of(address: string): Pending {
    let pending = this.#pending.get(address);
    if (pending === undefined) this.#pending.set(address, (pending = new Map<string, LoggedMessage[]>()));
    return pending;
  }

  /** Those that a reply from there may answer; from an address that was never asked, those of where it fits. */
  ofReply(address: string, key: string): Pending {
    const own = this.#pending.get(this.#aliases.get(address) ?? address);
    if (own !== undefined && (!this.#aliases.has(address) || hasKey(own, key))) return own;
    const found = [...this.#pending].find(([, pending]) => hasKey(pending, key));
    if (found === undefined) return own ?? new Map<string, LoggedMessage[]>();
    this.#aliases.set(address, found[0]);
    return found[1];
  }
}

function hasKey(pending: Pending, key: string): boolean {
  return (pending.get(key)?.length ?? 0) > 0;
}

function requestOf(type: string): string {
  return Object.hasOwn(REQUEST_OF, type) ? (REQUEST_OF[type] ?? type) : type;
}

/** The request that a reply answers, as it is kept. */
function requestKey(type: string, args: string): string {
  const [first = '', ...rest] = args.split(' ');
  const wanted = type === 'ERROR' ? first : requestOf(type);
  if (wanted !== 'DL') return wanted;
  return keyOf('DL', type === 'ERROR' ? rest.slice(1).join(' ') : args);
}

function keyOf(type: string, args: string): string {
  return type === 'DL' ? `DL ${args.split(' ', 3)[2] ?? ''}` : type;
}

function push(pending: Pending, key: string, message: LoggedMessage): void {
  const list = pending.get(key);
  if (list === undefined) pending.set(key, [message]);
  else list.push(message);
}

function answer(run: Run, message: LoggedMessage, pending: Pending, court: Court): void {
  const { type, args, other } = message;
  court.check('reply');
  if (type === 'FILE') {
    answerFile(run, message, pending, court);
    return;
  }
  const key = requestKey(type, args);
  if (take(pending, key) === undefined) {
    const who = message.sent ? `de ${other}` : `a ${other}`;
    court.blame('reply', `${type} sem um pedido ${key} pendente ${who}`, witness(run, message));
  }
}

function answerFile(run: Run, message: LoggedMessage, pending: Pending, court: Court): void {
  const [name = '', sizeText = '', index = ''] = message.args.split(' ', 3);
  const list = pending.get(`DL ${index}`) ?? [];
  const at = list.findIndex((dl) => isSameName(dl.args.split(' ', 1)[0] ?? '', name));
  const dl = at < 0 ? undefined : list.splice(at, 1)[0];
  if (dl !== undefined) {
    court.check('file');
    const wanted = Number(dl.args.split(' ', 2)[1]);
    const size = Number(sizeText);
    const isLast = dl.chunks === undefined || Number(index) === dl.chunks - 1;
    if (size === wanted || (size < wanted && size > 0 && isLast)) return;
    const text = `FILE de ${size} bytes, mas o DL pede ${wanted}${isLast ? '' : ' e não é o último chunk'}`;
    court.blame('file', text, witness(run, message), witness(run, dl));
    return;
  }
  const other = [...pending].find(([key, waiting]) => key.startsWith('DL ') && waiting.length > 0);
  const waiting = other?.[1].shift();
  if (waiting === undefined) {
    court.blame('reply', 'FILE sem um pedido DL pendente', witness(run, message));
    return;
  }
  court.check('file');
  const text = 'FILE que não repete nome e índice de nenhum DL pendente';
  court.blame('file', text, witness(run, message), witness(run, waiting));
}

function take(pending: Pending, key: string): LoggedMessage | undefined {
  return pending.get(key)?.shift();
}

/** Some programs are asked for `name:size`, or by the name in base64 (protocol, section 7). */
function isSameName(asked: string, given: string): boolean {
  return asked === given || asked.startsWith(`${given}:`) || asked === Buffer.from(given).toString('base64');
}
