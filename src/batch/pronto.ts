import { Command } from 'commander';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../clock.ts';
import { FileError, RemoteError, StartError, UsageError } from '../errors.ts';
import type { Share } from '../handlers.ts';
import { Neighbours } from '../neighbours.ts';
import {
  keyOption,
  readArguments,
  sharedOptions,
  withHelp,
  type Options,
  type SharedFlags,
} from '../options.ts';
import { Peer } from '../peer.ts';
import { formatAddress, parseAddress, splitAddress, type Address } from '../protocol/address.ts';
import { openKey } from '../program.ts';
import { nobodyAnswers } from '../terminal/results.ts';
import { waitOf } from './command-line.ts';
import { EXIT } from '../program.ts';
import { guarded, signalExit, type Around } from './working-peer.ts';

const USAGE = '<endereço:porta>';
const DEFAULT_WAIT_MS = 60_000;
/** Between two tries. */
const TRY_AGAIN_MS = 100;

const EPILOGUE = `
Códigos de saída:
  0    um peer respondeu
  1    falha ao executar
  2    uso incorreto da linha de comando
  3    ninguém respondeu dentro do prazo
  130  interrompido por Ctrl-C (143 por SIGTERM)
`;

type Asker = Options & { readonly key: Awaited<ReturnType<typeof openKey>> };

/** A folder with nothing in it. */
const NOTHING: Share = {
  list: () => Promise.resolve([]),
  open: (name) => Promise.reject(new FileError('not-found', name)),
  openNow: () => undefined,
  digest: (name) => Promise.reject(new FileError('not-found', name)),
  sizeOf: () => undefined,
};

/** The subcommand `pronto`: ends as soon as a peer answers at an address, and returns its exit code. */
export function pronto(args: readonly string[], around: Around): Promise<number> {
  return guarded('pronto', around, async () => {
    const command = new Command('eachare pronto')
      .usage(`[opções] ${USAGE}`)
      .description('Espera até que um peer responda nesse endereço: no lugar de "sleep 1" em um script.')
      .argument(USAGE, 'o endereço do peer que deve responder')
      .option('--espera <s>', 'desiste depois de tantos segundos (padrão: 60)')
      .addOption(keyOption());
    withHelp(command).addHelpText('after', EPILOGUE);
    const show = readArguments(command, args, USAGE);
    if (show !== undefined) {
      around.stdout.write(show);
      return EXIT.ok;
    }
    const flags = command.opts<SharedFlags & { readonly espera?: string }>();
    const [text = ''] = command.args;
    const address = parseAddress(text);
    if (address === undefined)
      throw new UsageError(
        `<endereço:porta>: "${text}" não tem a forma host:porta, por exemplo 127.0.0.1:5001`,
      );
    const options = sharedOptions(command.args, flags);
    const waitMs = flags.espera === undefined ? DEFAULT_WAIT_MS : waitOf(flags.espera);
    const key = await openKey(options.keyPath);
    const stopped = around.signal();
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), waitMs);
    const isThere = await answers(address, { ...options, key }, AbortSignal.any([stopped, over.signal]));
    clearTimeout(timer);
    if (stopped.aborted) return signalExit(stopped);
    if (!isThere) around.stderr.write(`eachare pronto: ${nobodyAnswers()}\n`);
    return isThere ? EXIT.ok : EXIT.notFetched;
  });
}

/** Tries until a peer has answered; false once it is over. */
async function answers(address: Address, options: Asker, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    // First without a word: nobody is asked by a peer that is gone again, until somebody listens.
    const host = await ownHostTowards(address, signal);
    if (host !== undefined && (await hasAnswered(address, { ...options, address: host }, signal)))
      return true;
    await sleep(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** The address of this machine that the other one sees, with any free port; undefined where nobody listens. */
function ownHostTowards(address: Address, signal: AbortSignal): Promise<Address | undefined> {
  return new Promise((resolve) => {
    const socket = connect(splitAddress(address));
    const onAbort = () => socket.destroy();
    signal.addEventListener('abort', onAbort);
    let own: Address | undefined;
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      own = formatAddress({ host: socket.localAddress ?? '127.0.0.1', port: 0 });
      socket.destroy();
    });
    socket.on('close', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(own);
    });
  });
}

/** Asks once, as a peer that shares nothing, and says BYE. */
async function hasAnswered(target: Address, options: Asker, signal: AbortSignal): Promise<boolean> {
  const neighbours: Neighbours = new Neighbours(() => peer.address);
  const reporter = { report: () => undefined };
  const peer = new Peer({ ...options, clock: new Clock(), neighbours, share: NOTHING, reporter });
  try {
    await peer.listen();
    await peer.request(target, { type: 'GET_PEERS' }, { signal });
    await peer.bye(target, signal);
    return true;
  } catch (error) {
    if (!(error instanceof RemoteError || error instanceof StartError)) throw error;
    return false;
  } finally {
    await peer.close();
  }
}
