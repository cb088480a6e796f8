import { describe, expect, it } from 'vitest';
import { SimulatedDownload } from './simulated-download.ts';
import { SimulatedSources } from './simulated-sources.ts';

const KB = 1024;
const MB = 1024 * KB;

describe('A download', () => {
  it('leaves no long round trip idle', async () => {
    const world = new SimulatedSources(14 * MB, { far: { rate: 12.5 * MB, roundTrip: 0.1 } });
    const fetched = new SimulatedDownload(world, { chunkSize: 256 });
    const { download } = fetched;
    const bytes: number[] = [];
    for (const seconds of [0.5, 1]) world.after(seconds, () => bytes.push(download.progress().bytes));
    await fetched.run();
    expect((bytes[1] as number) - (bytes[0] as number)).toBeGreaterThan(0.95 * 6.25 * MB);
    // The beginning included, when its speed is not known yet.
    expect(14 / 12.5 / download.seconds).toBeGreaterThan(0.75);
  });

  it.each([256 * KB, 512 * KB, MB])(
    'leaves no long round trip idle between chunks of %i bytes',
    async (chunkSize) => {
      const world = new SimulatedSources(16 * MB, { far: { rate: 2 * MB, roundTrip: 0.1 } });
      const fetched = new SimulatedDownload(world, { chunkSize });
      await fetched.run();
      expect(8 / fetched.download.seconds).toBeGreaterThan(0.95);
    },
  );
});
