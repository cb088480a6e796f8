import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SHAPES, escaped } from './svg.ts';
import type { PageData } from './page-data.ts';

/** The modules that the page runs, each after those that it imports. */
const MODULES = [
  '../errors',
  'words',
  'model',
  'lamport',
  'order',
  'causality',
  'vectors',
  'clock-lines',
  'read-log',
  'narrow',
  'axis',
  'fold',
  'labels',
  'layout',
  'svg',
  'page-data',
  'summary',
  'page/paint',
  'page/follow-logs',
  'page/sheets',
  'page/drawing',
  'page/panel',
  'page/controls',
  'page/steps',
  'page/main',
] as const;

/** Reads a file of this room as it was built. */
export type ReadAsset = (name: string) => string;

/** The files beside this one. */
export const builtAssets: ReadAsset = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

/**
 * The page as one file: style, program and data inside, no request to anywhere. Everything received stands in it as JSON
 * without a `<`; the policy lets nothing else run than this very program.
 */
export function htmlPage(data: PageData, isLive: boolean, asset: ReadAsset = builtAssets): string {
  const script = bundle(asset).replaceAll('</script', '<\\/script');
  const style = asset('page/style.css') + SHAPES;
  const hash = createHash('sha256').update(script).digest('base64');
  const connect = isLive ? "connect-src 'self'; " : '';
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; ${connect}base-uri 'none'; form-action 'none'`;
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(data.title)}</title>
<style>${style}</style>
</head>
<body>
${asset('page/body.html')}
<script type="application/json" id="dados">${json}</script>
<script>${script}</script>
</body>
</html>
`;
}

/**
 * The modules as one script: each becomes a function that returns its exports. It relies on how the compiler writes imports
 * and exports, one statement each, and fails where it finds another.
 */
export function bundle(asset: ReadAsset): string {
  const parts = MODULES.map((name) => {
    const source = asset(`${name}.js`);
    const exported = [...source.matchAll(/^export (?:class|const|function|async function) (\w+)/gm)].map(
      ([, each]) => each,
    );
    const body = source
      .replace(/^import \{([^}]*)\} from ['"]([^'"]+)\.js['"];$/gm, (_, names: string, from: string) => {
        return `const {${names.replaceAll(' as ', ': ')}} = ${variable(from)};`;
      })
      .replace(/^export (?=class|const|function|async function)/gm, '')
      .replace(/^export \{\};$/gm, '')
      .replace(/^\/\/# sourceMappingURL.*$/gm, '');
    const left = /^(import|export)\b.*/m.exec(body);
    if (left !== null) throw new Error(`${name}: ${left[0]}`);
    return `const ${variable(name)} = (() => {\n${body}\nreturn { ${exported.join(', ')} };\n})();\n`;
  });
  return `'use strict';\n(() => {\n${parts.join('')}})();\n`;
}

/** One name for a module, from wherever it is imported. */
function variable(path: string): string {
  return `$${path.slice(path.lastIndexOf('/') + 1).replaceAll('-', '_')}`;
}
