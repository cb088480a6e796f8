import { Gate } from './gate.ts';
import { TestPeer } from './test-peer.ts';

/** One of ours that tells the digest of its file `f` at once, and delivers it once its gate is open. */
export async function startGatedSource(data: Buffer): Promise<{ source: TestPeer; gate: Gate }> {
  const source = await TestPeer.start({ files: { f: data } });
  const gate = new Gate();
  source.share.beforeRead = () => gate.opened;
  return { source, gate };
}
