import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'eachare-'));
const prefix = join(home, 'prefix');
afterAll(() => rmSync(home, { recursive: true }));

/** What npm says where the registry is out of reach. */
const NO_REGISTRY = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E50\d/;

function run(program: string, ...args: readonly string[]) {
  return spawnSync(program, args, { cwd: home, encoding: 'utf8' });
}

it('the packed program is installed into an empty prefix, and runs', (context) => {
  // `npm test` has built it; packing must not build over the program that other tests run.
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--pack-destination', home], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(packed.status).toBe(0);
  const [tarball = ''] = readdirSync(home).filter((name) => name.endsWith('.tgz'));
  const installed = run(
    'npm',
    'i',
    '-g',
    '--prefix',
    prefix,
    '--prefer-offline',
    '--no-audit',
    join(home, tarball),
  );
  if (installed.status !== 0 && NO_REGISTRY.test(installed.stderr)) {
    process.stderr.write('the npm registry is out of reach: the tarball is not installed\n');
    context.skip();
  }
  expect(installed).toMatchObject({ status: 0 });

  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(tarball).toBe(`eachare-${version}.tgz`);
  const eachare = join(prefix, 'bin/eachare');
  expect(run(eachare, '--versao')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  // Each subcommand is loaded for it: none of its files is left out.
  expect(run(eachare, 'completar', 'man').stdout).toBe(readFileSync(join(ROOT, 'dist/eachare.1'), 'utf8'));
  expect(existsSync(join(prefix, 'share/man/man1/eachare.1'))).toBe(true);
  // What is loaded late: the library of the discovery, and the page of the diagram.
  const modules = join(prefix, 'lib/node_modules/eachare');
  expect(existsSync(join(modules, 'dist/diagram/page/body.html'))).toBe(true);
  const load = `import(${JSON.stringify(join(modules, 'dist/discovery/dns-sd.js'))})`;
  expect(run(process.execPath, '-e', load)).toMatchObject({ status: 0, stderr: '' });
});
