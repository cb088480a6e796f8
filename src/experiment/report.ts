import { escaped } from '../diagram/svg.ts';
import type { Group } from './measurements.ts';
import type { Plots } from './plots.ts';
import { bytes } from './scales.ts';

/** A name and what is to be said about it, in Portuguese. */
export type Fact = readonly [name: string, text: string];

export interface Report {
  /** Machine, versions, command line, seed: what somebody needs to measure it again. */
  readonly facts: readonly Fact[];
  readonly groups: readonly Group[];
  readonly plots: Plots;
  /** What did not go as planned. */
  readonly remarks: readonly string[];
}

const STYLE = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1060px;margin:24px auto;padding:0 16px;color:#1a1a1a;background:#fff}
h1{font-size:22px}h2{font-size:17px;margin-top:32px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:3px 10px;text-align:right;border-bottom:1px solid #bbb}
.fatos th,.fatos td{text-align:left;vertical-align:top}.fatos td{font-family:ui-monospace,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}
td.nome,th.nome{text-align:left}figure{margin:16px 0}svg{max-width:100%;height:auto}
@media (prefers-color-scheme:dark){body{color:#ececec;background:#16181c}}
@media print{body{margin:0;max-width:none}figure,tr{break-inside:avoid}}`;

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Enough places for the shortest download on loopback, a few hundred microseconds. */
const seconds = (value: number): string => value.toFixed(5).replace('.', ',');

/** The report as one page without a request to anywhere, to be read, printed, or pasted into another text. */
export function reportPage({ facts, groups, plots, remarks }: Report): string {
  return `<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>eachare: experimento</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Tempos de download</h1>
<p>O tempo vai do primeiro DL enviado ao último FILE recebido; o que chega fica na memória, sem disco. Cada valor é a média
dos downloads que contam, depois de um que não conta. As barras verticais são intervalos de confiança de 95% da média, pelo t
de Student; uma barra sem traço embaixo continua além do eixo. A ordem dos downloads foi sorteada.</p>
${remarks.map((remark) => `<p><strong>Atenção:</strong> ${escaped(remark)}</p>\n`).join('')}<h2>Gráficos</h2>
${[...plots.values()].map((svg) => `<figure>${svg.trim()}</figure>\n`).join('')}<h2>Resumo</h2>
${summaryTable(groups)}
<h2>Como foi medido</h2>
<table class="fatos">
${facts.map(([name, text]) => `<tr><th>${escaped(name)}</th><td>${escaped(text)}</td></tr>\n`).join('')}</table>
</body>
</html>
`;
}

function summaryTable(groups: readonly Group[]): string {
  const header = [
    'Programa',
    'Arquivo',
    'Peers',
    'Chunk',
    'N',
    'Média [s]',
    'Desvio [s]',
    'IC 95% [s]',
    'Mediana [s]',
  ];
  const rows = groups.map(
    ({ program, fileSize, peers, chunkSize, count, mean, deviation, margin, median }) => [
      program,
      bytes(fileSize),
      String(peers),
      bytes(chunkSize),
      String(count),
      seconds(mean),
      seconds(deviation),
      margin === undefined ? '–' : `± ${seconds(margin)}`,
      seconds(median),
    ],
  );
  const cells = (tag: 'th' | 'td', texts: readonly string[]) =>
    texts
      .map((text, index) => `<${tag}${index === 0 ? ' class="nome"' : ''}>${escaped(text)}</${tag}>`)
      .join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>\n`).join('');
  return `<table>\n<thead><tr>${cells('th', header)}</tr></thead>\n<tbody>\n${body}</tbody>\n</table>`;
}
