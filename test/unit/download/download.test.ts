import { describe, expect, it } from 'vitest';
import { Download, type DownloadOptions } from '../../../src/download/download.ts';
import { ConnectionError, FileError, ProtocolError } from '../../../src/errors.ts';

const content = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));

/** A sink in memory that also counts how often each byte was written. */
function memorySink() {
  const data = Buffer.alloc(content.length);
  const written = new Uint8Array(content.length);
  return {
    data,
    written,
    write(offset: number, bytes: Buffer): Promise<void> {
      bytes.copy(data, offset);
      for (let i = 0; i < bytes.length; i++) written[offset + i] = (written[offset + i] ?? 0) + 1;
      return Promise.resolve();
    },
  };
}

type Fetch = DownloadOptions<string>['fetch'];
const good: Fetch = (_, { offset, length }) => Promise.resolve(content.subarray(offset, offset + length));

function build(addresses: readonly string[], fetch: Fetch, more: Partial<DownloadOptions<string>> = {}) {
  const sink = memorySink();
  const file = {
    name: 'x',
    size: content.length,
    sources: addresses.map((address) => ({ address, token: 'x' })),
  };
  return {
    sink,
    download: new Download({
      file,
      chunkSize: 100,
      sink,
      fetch,
      now: () => 0,
      requestsAtOnce: () => 4,
      ...more,
    }),
  };
}

describe('Download', () => {
  it('takes chunks from all sources, each once', async () => {
    const asked = new Map<string, number>();
    const { sink, download } = build(['a', 'b', 'c'], async (source, chunk, signal) => {
      asked.set(source.address, (asked.get(source.address) ?? 0) + 1);
      await Promise.resolve();
      return good(source, chunk, signal);
    });
    await download.run();
    expect(sink.data).toEqual(content);
    expect(sink.written.every((times) => times === 1)).toBe(true);
    expect([...asked.values()].reduce((sum, n) => sum + n)).toBe(10);
    expect(asked.size).toBe(3);
    expect(download.progress()).toEqual({ bytes: 1000, seconds: 0, sources: 3 });
  });

  it('lets the others finish what a bad source fails at, and retires it', async () => {
    const failed: string[] = [];
    const retired: string[] = [];
    const fetch: Fetch = (source, chunk, signal) =>
      source.address === 'bad'
        ? Promise.reject(new ProtocolError('wrong-chunk'))
        : good(source, chunk, signal);
    const { sink, download } = build(['bad', 'ok'], fetch, {
      chunkSize: 10,
      onChunkFailed: (source) => failed.push(source),
      onSourceRetired: (source) => retired.push(source),
    });
    await download.run();
    expect(sink.data).toEqual(content);
    expect(new Set(failed)).toEqual(new Set(['bad']));
    expect(retired).toEqual(['bad']);
  });

  it('wakes an idle source when another gives a chunk back', async () => {
    let hangs: ((error: Error) => void) | undefined;
    const asked: number[] = [];
    const fetch: Fetch = (source, chunk, signal) => {
      if (source.address === 'slow' && hangs === undefined) {
        return new Promise((_, reject) => (hangs = reject));
      }
      asked.push(chunk.index);
      if (asked.length === 9) queueMicrotask(() => hangs?.(new ConnectionError('reply-timeout')));
      return good(source, chunk, signal);
    };
    const { sink, download } = build(['slow', 'fast'], fetch);
    await download.run();
    expect(sink.data).toEqual(content);
  });

  it('names the missing chunks when no source is left', async () => {
    const fetch: Fetch = (source, chunk, signal) =>
      [3, 4, 7].includes(chunk.index)
        ? Promise.reject(new ConnectionError('no-reply'))
        : good(source, chunk, signal);
    const { download } = build(['a', 'b'], fetch);
    await expect(download.run()).rejects.toMatchObject({
      name: 'DownloadError',
      code: 'no-sources',
      missing: [
        [3, 4],
        [7, 7],
      ],
    });
  });

  it('ends at once when aborted, and no request is left behind', async () => {
    const stop = new AbortController();
    let open = 0;
    const fetch: Fetch = (_source, _chunk, signal) =>
      new Promise((_, reject) => {
        open += 1;
        signal.addEventListener('abort', () => {
          open -= 1;
          reject(new ConnectionError('aborted'));
        });
      });
    const { download } = build(['a', 'b'], fetch);
    const run = download.run(stop.signal);
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'aborted', missing: [[0, 9]] });
    expect(open).toBe(0);
    await expect(build(['a'], good).download.run(stop.signal)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('ends with the disk error, and writes nothing afterwards', async () => {
    let writes = 0;
    const sink = {
      write: () => (++writes === 3 ? Promise.reject(new FileError('disk-full', '/x')) : Promise.resolve()),
    };
    const { download } = build(['a', 'b'], good, { sink, chunkSize: 10 });
    await expect(download.run()).rejects.toMatchObject({ code: 'disk', cause: { code: 'disk-full' } });
    const after = writes;
    await Promise.resolve();
    expect(writes).toBe(after);
  });

  it('lets a bug through as it is', async () => {
    const { download } = build(['a'], () => Promise.reject(new TypeError('bug')));
    await expect(download.run()).rejects.toThrow(TypeError);
  });

  it('asks for nothing where the file is empty', async () => {
    const file = { name: 'x', size: 0, sources: [{ address: 'a', token: 'x' }] };
    const fetch: Fetch = () => Promise.reject(new TypeError('asked'));
    const download = new Download({
      file,
      chunkSize: 256,
      sink: memorySink(),
      fetch,
      now: () => 5,
      requestsAtOnce: () => 4,
    });
    expect(await download.run()).toBe(0);
  });
});
