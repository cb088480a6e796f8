import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export const MIB = 1024 * 1024;

/**
 * Fills a file with bytes that do not repeat within a block of 1 MiB.
 * @param every of so many blocks one is written, the others are holes that read as zeros
 */
export async function makeFile(path: string, bytes: number, every = 1): Promise<void> {
  const block = Buffer.alloc(MIB);
  for (let i = 0; i < block.length; i += 4) block.writeUInt32LE((i * 2_654_435_761) >>> 0, i);
  await using file = await open(path, 'w');
  await file.truncate(bytes);
  for (let at = 0; at < bytes; at += block.length * every) {
    block.writeUInt32LE(at / MIB, 0);
    await file.write(block, 0, Math.min(block.length, bytes - at), at);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash);
  return hash.digest('hex');
}

/** @throws Error a figure for a download that has brought other bytes says nothing */
export async function checkEqual(copy: string, original: string): Promise<void> {
  const [a, b] = [await stat(copy), await stat(original)];
  if (a.size !== b.size || (await sha256(copy)) !== (await sha256(original))) {
    throw new Error(`what arrived differs: ${copy}`);
  }
}
