import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../helpers/files-of-a-request.ts');

/** What a reader meets who follows one LS from the socket to the reply; it was 34. A new file has to earn its place. */
const MOST_FILES = 26;

it('a foreign LS runs through few files', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', SCRIPT]);
  const files = JSON.parse(stdout) as string[];
  expect(files).toContain('network/exchange.js');
  expect(files.length, files.join(' ')).toBeLessThanOrEqual(MOST_FILES);
});
