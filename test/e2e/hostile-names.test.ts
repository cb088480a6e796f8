import { expect, it } from 'vitest';
import { encodeName } from '../../src/protocol/names.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { say, ScriptedNeighbour } from '../helpers/scripted-neighbour.ts';
import { SpawnedPeer } from '../helpers/spawned-peer.ts';

/** What a terminal obeys, or what turns a line around. */
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

it('hostile names are shown as what they are, each in its row', async () => {
  const entries = HOSTILE_NAMES.map(({ name }) => `${encodeName(name)}:3`);
  await using neighbour = await ScriptedNeighbour.start(({ type }) =>
    type === 'LS' ? say(`LS_LIST ${entries.length} ${entries.join(' ')}`) : say('PEER_LIST 0'),
  );
  await using peer = await SpawnedPeer.start({ neighbours: [neighbour.address] });
  peer.type(2);
  peer.type(4);
  await peer.untilScreen('fazer o download:');
  peer.type(0);
  peer.type(9);
  expect((await peer.exit).code).toBe(0);
  expect(peer.screen).not.toMatch(OBEYED);
  expect(peer.screen).toContain('\\x1b');
  expect(peer.screen).not.toContain('\nSaindo...\n[');
});
