import { once, EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import { parseAddress, type Address } from '../protocol/address.ts';
import { DEFAULT_DIALECT } from '../protocol/dialect.ts';
import { isAllHeard, PERGUNTAS } from './cases/perguntas.ts';
import { escapedText } from './escaped.ts';
import { WANTED, type Heard } from './heard.ts';
import type { Result } from './judge.ts';
import { Listener } from './listener.ts';
import type { Group, Judged } from './verdict.ts';

/** After everything has come, for the BYE to the second peer. */
const LAST_MS = 500;
/** A program may send its next requests before it has read a reply that is on the way. */
const TAKEN_MS = 1_000;

export interface OuvirOptions {
  /** Where to listen; port 0 is any free one. */
  readonly address: Address;
  /** Milliseconds without anything after which it is over. */
  readonly silenceMs: number;
  readonly groups: readonly Group[];
  readonly signal: AbortSignal;
  /** Milliseconds after which a reply is known to who asked. */
  readonly takenMs?: number;
  /** For the person: what to do, and what has come. */
  readonly say: (text: string) => void;
}

/**
 * Listens while a program asks, and judges how it does; undefined where nothing came.
 * @throws UsageError where nobody can listen at that address
 */
export async function ouvir({
  address,
  silenceMs,
  groups,
  signal,
  takenMs = TAKEN_MS,
  say,
}: OuvirOptions): Promise<Result | undefined> {
  const news = new EventEmitter();
  const onHeard = (heard: Heard) => {
    say(
      `  ${escapedText(heard.request?.type ?? '?')} de ${escapedText(heard.request?.origin ?? heard.from.host)}\n`,
    );
    news.emit('heard');
  };
  const listener = await Listener.open({ address, onHeard }).catch((cause: unknown) => {
    throw new UsageError(`<endereço:porta>: não é possível escutar em ${address}`, { cause });
  });
  try {
    say(instructions(listener.addresses));
    await untilOver(listener.heard, news, silenceMs, signal);
    return await resultOf(listener, groups, takenMs);
  } finally {
    listener.close();
  }
}

function instructions([first, second]: readonly [Address, Address]): string {
  return `Escutando em ${first}, e em ${second} como segunda fonte.

No outro programa:
  1. acrescente ${first} ao arquivo de vizinhos, e inicie o programa
  2. escolha [1] e esse vizinho: envia HELLO
  3. escolha [2]: envia GET_PEERS, e assim conhece ${second}
  4. escolha [4] e ${WANTED}: envia LS e DL
  5. escolha [9]: envia BYE

Ctrl-C termina antes.

`;
}

/** Until everything has come, nothing has for too long, or the person has seen enough. */
async function untilOver(
  heard: readonly Heard[],
  news: EventEmitter,
  silenceMs: number,
  stop: AbortSignal,
): Promise<void> {
  while (!isAllHeard(heard)) {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(silenceMs)]);
    const isNews = await once(news, 'heard', { signal }).then(
      () => true,
      () => false,
    );
    if (!isNews) return;
  }
  await sleep(LAST_MS, undefined, { signal: stop }).catch(() => undefined);
}

async function resultOf(
  { heard, dialects, addresses }: Listener,
  groups: readonly Group[],
  takenMs: number,
): Promise<Result | undefined> {
  const origin = heard.find(({ request }) => parseAddress(request?.origin ?? '') !== undefined)?.request
    ?.origin;
  const target = parseAddress(origin ?? '');
  if (target === undefined && heard.length === 0) return undefined;
  const dialect = (target && dialects.get(target)) ?? DEFAULT_DIALECT;
  const judged: Judged[] = [];
  for (const { judge, ...about } of PERGUNTAS) {
    if (!groups.includes(about.group)) continue;
    judged.push({ ...about, outcome: await judge({ heard, dialect, addresses, takenMs }) });
  }
  const evidence = `visto em ${heard.length === 1 ? 'um pedido' : `${heard.length} pedidos`} seus`;
  const ended = isAllHeard(heard) ? undefined : 'nem tudo foi pedido';
  return { target: target ?? addresses[0], dialect: dialect.name, evidence, judged, ended };
}
