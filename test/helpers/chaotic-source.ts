import type { Address } from '../../src/protocol/address.ts';
import { FaultProxy, randomPlan, type ConnectionFaults, type Faults } from './fault-proxy.ts';
import { LIES, startLying } from './lying-source.ts';
import type { RandomNumbers } from './random-numbers.ts';
import { say, sayChunk, ScriptedNeighbour, type Reaction } from './scripted-neighbour.ts';
import { TestPeer } from './test-peer.ts';

/** A source of the file `f` with something wrong about it. */
export interface ChaoticSource {
  readonly address: Address;
  /** For the message of a test that has failed. */
  readonly what: string;
  readonly close: () => Promise<void>;
}

/** What may happen to one direction of a connection, at some byte of the first 100 kB. */
function randomFaults(numbers: RandomNumbers): Faults {
  const at = numbers.below(10 ** (1 + numbers.below(5)));
  return numbers.pick<Faults>([
    {},
    { delayMs: 1 + numbers.below(20) },
    { splitBytes: 1 + numbers.below(3000) },
    { bytesPerSecond: 100_000 + numbers.below(1_000_000) },
    { truncateAfter: at },
    { resetAfter: at },
    { freezeAfter: at },
    { garbageAfter: at },
    { trickle: { bytes: 1, everyMs: 50 } },
  ]);
}

/** An honest peer behind a line that breaks, each connection in its own way. */
async function startBroken(data: Buffer, numbers: RandomNumbers): Promise<ChaoticSource> {
  const choices = Array.from({ length: 4 }, (): ConnectionFaults => {
    if (numbers.below(10) === 0) return { halfOpen: true };
    return { toServer: numbers.below(3) === 0 ? randomFaults(numbers) : {}, toClient: randomFaults(numbers) };
  });
  const peer = await TestPeer.start({ files: { f: data } });
  const plan = randomPlan(numbers, choices);
  // The first one brings the list: without it there is no source.
  const line = await FaultProxy.start(peer.port, (connection) => (connection === 0 ? {} : plan(connection)));
  return {
    address: line.address,
    what: `a line with ${JSON.stringify(choices)}`,
    close: async () => {
      await line.close();
      await peer.close();
    },
  };
}

/** An honest peer, on a line that is slow now and then: the others get more to spoil. */
export async function startHonest(data: Buffer, numbers: RandomNumbers): Promise<ChaoticSource> {
  const bytesPerSecond = numbers.pick([300_000, 1_000_000, 100_000_000]);
  const peer = await TestPeer.start({ files: { f: data } });
  const line = await FaultProxy.start(peer.port, { toClient: { bytesPerSecond } });
  return {
    address: line.address,
    what: `honest, ${bytesPerSecond} bytes a second`,
    close: async () => {
      await line.close();
      await peer.close();
    },
  };
}

/** One that ends for good after some reads. */
async function startMortal(data: Buffer, numbers: RandomNumbers): Promise<ChaoticSource> {
  const reads = numbers.below(60);
  const peer = await TestPeer.start({ files: { f: data } });
  peer.share.beforeRead = () => {
    if (peer.share.reads > reads) void peer.close();
  };
  return { address: peer.address, what: `dies after ${reads} reads`, close: () => peer.close() };
}

async function startLiar(data: Buffer, numbers: RandomNumbers, isDeceit: boolean): Promise<ChaoticSource> {
  const lies = LIES.filter(({ alone }) => isDeceit || !['unproven', 'digest-mismatch'].includes(alone ?? ''));
  const lie = numbers.pick(lies.filter(({ isBelieved }) => isBelieved !== true));
  const honest = numbers.below(40);
  const neighbour = await startLying(lie, data, honest);
  return {
    address: neighbour.address,
    what: `${lie.what} after ${honest} chunks`,
    close: () => neighbour[Symbol.asyncDispose](),
  };
}

/** Another program, without sessions, that does as it likes. */
async function startMoody(data: Buffer, numbers: RandomNumbers): Promise<ChaoticSource> {
  const wrong: readonly Reaction[] = ['close', 'reset', 'silence', say('LS_LIST 0'), say('FILE f 3 0 YWJj')];
  const oneIn = 1 + numbers.below(8);
  const neighbour = await ScriptedNeighbour.start((request) => {
    if (request.type !== 'DL') return say(`LS_LIST 1 f:${data.length}`);
    return numbers.below(oneIn) === 0 ? numbers.pick(wrong) : sayChunk(data, request);
  });
  return {
    address: neighbour.address,
    what: `one of ${oneIn} answers is wrong`,
    close: () => neighbour.close(),
  };
}

/** @param isDeceit whether it may send other bytes than those of the file */
export function startChaotic(
  data: Buffer,
  numbers: RandomNumbers,
  isDeceit: boolean,
): Promise<ChaoticSource> {
  switch (numbers.below(4)) {
    case 0:
      return startBroken(data, numbers);
    case 1:
      return startMortal(data, numbers);
    case 2:
      return startLiar(data, numbers, isDeceit);
    default:
      return startMoody(data, numbers);
  }
}
