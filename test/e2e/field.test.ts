import { describe, expect, it } from 'vitest';
import { FieldPeer, type FieldDialect } from '../helpers/field/field-peer.ts';
import { OurProgram } from '../helpers/field/our-program.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { eventually } from '../helpers/until.ts';

/** The built program and one program of each framing; their variants are met in `test/integration/field*.test.ts`. */
const DATA = new RandomNumbers(7).bytes(20_003);
const FRAMINGS: readonly FieldDialect[] = ['line', 'prefixed', 'raw', 'callback', 'persistent', 'multiline'];

describe.concurrent('the built program and a program of the field', () => {
  it.each(FRAMINGS)('serve each other: %s', async (dialect) => {
    await using field = await FieldPeer.start(dialect, { files: { 'theirs.bin': DATA } });
    await using us = await OurProgram.start({
      files: { 'ours.bin': DATA.subarray(0, 300) },
      neighbours: [field.address],
      args: ['--chunk', '1000'],
    });
    await us.hello(1);
    await us.obtainPeers();
    expect(await us.download('theirs.bin')).toMatchObject({ event: 'download-finished' });
    expect((await us.spawned.file('theirs.bin')).equals(DATA)).toBe(true);
    expect((await field.ls(us.address)).find(({ name }) => name === 'ours.bin')).toMatchObject({ size: 300 });
    const ours = await field.download(us.address, 'ours.bin', 100);
    expect(ours.equals(DATA.subarray(0, 300))).toBe(true);
    await us.leave();
    await eventually(() => expect(field.seen.count('BYE')).toBe(1));
    expect(field.seen.violations).toEqual([]);
  });
});
