import { describe, expect, it } from 'vitest';
import {
  Discovery,
  type Announcement,
  type LocalNetwork,
  type OwnAnnouncement,
} from '../../../src/discovery/discovery.ts';
import type { AppEvent } from '../../../src/events.ts';
import { MAX_UNCONFIRMED_OF_ONE } from '../../../src/limits.ts';
import { Neighbours } from '../../../src/neighbours.ts';
import type { Address } from '../../../src/protocol/address.ts';

const OWN = '192.0.2.1:5001' as Address;
const STRANGER = '198.51.100.7';

function setUp(
  options: { readonly key?: Buffer; readonly listenHost?: string; readonly own?: Address } = {},
) {
  const { own = OWN } = options;
  const neighbours = new Neighbours(() => own);
  const greeted: Address[] = [];
  const withdrawn: Address[] = [];
  const events: AppEvent[] = [];
  const told: OwnAnnouncement[] = [];
  let local: LocalNetwork | undefined;
  let now = 0;
  let hasLeft = false;
  const discovery = new Discovery({
    peer: {
      address: own,
      found: (address, teller) => void neighbours.overhear(address, teller),
      withdrawn: (address) => void withdrawn.push(address),
      hello: (address) => {
        greeted.push(address);
        return Promise.resolve();
      },
    },
    neighbours,
    reporter: { report: (event) => void events.push(event) },
    ...options,
    join: (announcement, given) => {
      told.push(announcement);
      local = given;
      return () => {
        hasLeft = true;
        return Promise.resolve();
      };
    },
    now: () => now,
  });
  discovery.start();
  const network = local;
  if (network === undefined) throw new Error('not joined');
  const says = (endereco: unknown, sender = STRANGER, more = {}): Announcement => ({
    text: { endereco, ...more },
    sender,
  });
  const hear = (...announcement: Parameters<typeof says>) => network.onUp(says(...announcement));
  return {
    discovery,
    neighbours,
    greeted,
    withdrawn,
    events,
    told,
    network,
    says,
    hear,
    pass: (ms: number) => (now += ms),
    left: () => hasLeft,
  };
}

describe('finding each other', () => {
  it('announces the address and nothing else', () => {
    expect(setUp().told).toEqual([{ port: 5001, text: { endereco: OWN }, networkInterface: '192.0.2.1' }]);
  });

  it.each(['0.0.0.0', '::', '::1'])('listening on %s it speaks on the usual interfaces', (listenHost) => {
    expect(setUp({ listenHost }).told[0]?.networkInterface).toBeUndefined();
  });

  it('what is found is hearsay, said and greeted', () => {
    const { hear, neighbours, greeted, events } = setUp();
    hear(`${STRANGER}:5002`);
    expect(events).toEqual([{ event: 'neighbour-discovered', neighbour: `${STRANGER}:5002` }]);
    expect(greeted).toEqual([`${STRANGER}:5002`]);
    expect(neighbours.isConfirmed(`${STRANGER}:5002` as Address)).toBe(false);
    expect(neighbours.listKnown()).toEqual([]);
  });

  it('nobody sends us to a third', () => {
    const { hear, neighbours, greeted } = setUp();
    hear('203.0.113.9:80');
    expect(greeted).toEqual([]);
    expect(neighbours.list()).toHaveLength(1);
  });

  it.each([
    ['no address', undefined],
    ['a number', 5002],
    ['no port', STRANGER],
    ['port 0', `${STRANGER}:0`],
    ['control characters', `\x1b[2J${STRANGER}:1`],
    ['our own address', OWN],
    ['every address', '0.0.0.0:5002'],
    ['the loopback address of another machine', '127.0.0.1:5002'],
    ['the loopback name of another machine', 'localhost:5002'],
  ])('%s is ignored', (_what, endereco) => {
    const { hear, neighbours, greeted, events } = setUp();
    hear(endereco);
    expect([neighbours.list(), greeted, events]).toEqual([[], [], []]);
  });

  it('the loopback address of this machine is taken', () => {
    const { hear, greeted } = setUp();
    hear('127.0.0.1:5002', '127.0.0.1');
    expect(greeted).toEqual(['127.0.0.1:5002']);
  });

  it('greets few a minute, and hears a bounded number', () => {
    const { hear, greeted, events, pass } = setUp();
    for (let port = 1; port <= 1_000; port++) hear(`${STRANGER}:${port}`);
    expect(greeted).toHaveLength(8);
    expect(events).toHaveLength(MAX_UNCONFIRMED_OF_ONE);
    pass(60_000);
    hear(`${STRANGER}:1`);
    expect(greeted).toHaveLength(9);
  });

  it('who is ONLINE already is not greeted again', () => {
    const { hear, neighbours, greeted, events } = setUp();
    neighbours.observe(`${STRANGER}:5002` as Address, 'ONLINE', 3);
    hear(`${STRANGER}:5002`);
    expect([greeted, events]).toEqual([[], []]);
  });

  it('what is taken back is withdrawn', () => {
    const { network, says, withdrawn } = setUp();
    network.onDown(says(`${STRANGER}:5002`));
    network.onDown(says('nonsense'));
    expect(withdrawn).toEqual([`${STRANGER}:5002`]);
  });

  it('with a key only those who have it find each other', () => {
    const key = Buffer.alloc(32, 1);
    const friend = setUp({ key, own: `${STRANGER}:5002` as Address }).told[0]?.text ?? {};
    const { hear, greeted } = setUp({ key });
    hear(friend.endereco, STRANGER, { rede: friend.rede });
    expect(greeted).toEqual([`${STRANGER}:5002`]);
    hear(`${STRANGER}:5003`, STRANGER, { rede: friend.rede });
    hear(`${STRANGER}:5004`);
    expect(greeted).toHaveLength(1);
    const open = setUp();
    open.hear(friend.endereco, STRANGER, { rede: friend.rede });
    expect(open.greeted).toEqual([]);
    expect(JSON.stringify(friend)).not.toContain(key.toString('hex').slice(0, 8));
  });

  it('a network that fails is told of once', () => {
    const { network, events } = setUp();
    network.onFailed();
    network.onFailed();
    expect(events).toEqual([{ event: 'discovery-failed' }]);
  });

  it('is closed after the goodbyes, and hears nothing from then on', async () => {
    const { discovery, left, network, says, hear, events, withdrawn } = setUp();
    await discovery.close(() => {
      expect(left()).toBe(false);
      hear(`${STRANGER}:5002`);
      network.onDown(says(`${STRANGER}:5003`));
      return Promise.resolve();
    });
    expect(left()).toBe(true);
    expect([events, withdrawn]).toEqual([[], []]);
  });
});
