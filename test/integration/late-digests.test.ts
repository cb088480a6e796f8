import { describe, expect, it } from 'vitest';
import { searchFiles } from '../../src/commands.ts';
import type { FileSink, SinkPlan } from '../../src/download/file-sink.ts';
import { MemoryShare, sha256Of } from '../helpers/memory-share.ts';
import { RandomNumbers } from '../helpers/random-numbers.ts';
import { fileNamed } from '../helpers/scripted-ask.ts';
import { startSessionNeighbour } from '../helpers/session-neighbour.ts';
import { TestPeer } from '../helpers/test-peer.ts';

const numbers = new RandomNumbers(1706);
const data = numbers.bytes(60_500);
const other = numbers.bytes(data.length);
const CHUNK = 1000;

/** A folder whose disk takes its time to hash a file that has come: `during` happens meanwhile, the first time. */
class SlowDisk extends MemoryShare {
  during: () => Promise<unknown> = () => Promise.resolve();

  override async createSink(plan: SinkPlan): Promise<FileSink> {
    const sink = await super.createSink(plan);
    const hash = sink.digest.bind(sink);
    return Object.assign(sink, {
      digest: async () => {
        const { during } = this;
        this.during = () => Promise.resolve();
        const sha256 = await hash();
        await during();
        return sha256;
      },
    });
  }
}

describe('a digest that is told while the whole is being hashed', () => {
  it('and differs: what its source gave is fetched again', async () => {
    await using honest = await TestPeer.start({ files: { f: data } });
    let isBusy = true;
    await using late = await startSessionNeighbour({
      data: other,
      onDigest: (_, connection, self) => {
        if (isBusy) self.say(connection, 'ERROR DIGEST busy f');
        return isBusy;
      },
    });
    const folder = new SlowDisk();
    await using peer = await TestPeer.start({ folder });
    folder.during = async () => {
      isBusy = false;
      await peer.reporter.until(
        (event) =>
          event.event === 'message-received' && event.type === 'DIGEST_OF' && event.from === late.address,
      );
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (const { address } of [honest, late]) peer.neighbours.observe(address, 'ONLINE');
    await searchFiles(peer.desk({ answers: [fileNamed('f')], chunkSize: CHUNK }));
    expect(peer.reporter.all('download-failed')).toEqual([]);
    expect(peer.reporter.all('download-finished')).toMatchObject([
      { isProven: true, sha256: sha256Of(data) },
    ]);
    expect(folder.files.get('f')?.equals(data)).toBe(true);
    expect(peer.reporter.all('source-excluded')).toMatchObject([{ source: late.address }]);
  });
});
