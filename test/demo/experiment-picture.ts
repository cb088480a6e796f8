import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../helpers/run-program.ts';

/**
 * Makes the two plots of docs/aula.md from a real experiment of a minute or two:
 * `npx tsx test/demo/experiment-picture.ts`, after `npm run build`.
 */

const DOCS = join(import.meta.dirname, '../../docs');
const ARGS =
  '--chunks 256,1024,4096 --tamanhos 10k,100k --repeticoes 5 --atraso 5 --banda 20M --semente 2026';

const folder = await mkdtemp(join(tmpdir(), 'eachare-figuras-'));
try {
  const args = ['experimento', ...ARGS.split(' '), '-o', 'medidas'];
  const { code, stdout, stderr } = await runProgram(args, { cwd: folder });
  if (code !== 0) throw new Error(stderr);
  for (const name of ['tempo', 'ganho'])
    await copyFile(join(folder, `medidas/${name}-eachare.svg`), join(DOCS, `experimento-${name}.svg`));
  console.log(`${stdout}docs/experimento-tempo.svg docs/experimento-ganho.svg`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
