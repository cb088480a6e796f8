import { describe, expect, it } from 'vitest';
import type { Group } from '../../../src/experiment/measurements.ts';
import { plotsOf } from '../../../src/experiment/plots.ts';
import { reportPage } from '../../../src/experiment/report.ts';
import { CHAR } from '../../../src/experiment/scales.ts';

interface Box {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where the texts of a plot stand, those turned by a quarter as well. */
function textBoxes(svg: string): Box[] {
  const boxes: Box[] = [];
  let [dx, dy] = [0, 0];
  for (const match of svg.matchAll(/<g transform="translate\((\S+) (\S+)\)">|<\/g>|<text([^>]*)>([^<]*)</g)) {
    const [whole, x, y, attributes, text = ''] = match;
    if (whole === '</g>') [dx, dy] = [0, 0];
    else if (attributes === undefined) [dx, dy] = [Number(x), Number(y)];
    else {
      const value = (name: string) => Number(new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? 0);
      const width = [...text].length * CHAR * (attributes.includes('titulo') ? 13 / 11 : 1);
      const turned = /translate\((\S+) (\S+)\) rotate\(-90\)/.exec(attributes);
      const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start';
      const before = { start: 0, middle: width / 2, end: width }[anchor]!;
      if (turned === null) {
        const [left, base] = [dx + value('x') - before, dy + value('y')];
        boxes.push({ text, left, top: base - 9, right: left + width, bottom: base + 3 });
      } else {
        const [base, middle] = [dx + Number(turned[1]), dy + Number(turned[2])];
        boxes.push({ text, left: base - 9, top: middle - before, right: base + 3, bottom: middle + before });
      }
    }
  }
  return boxes;
}

function expectLegible(svg: string): void {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
  const boxes = textBoxes(svg);
  for (const box of boxes) {
    expect(box.left, box.text).toBeGreaterThanOrEqual(0);
    expect(box.right, box.text).toBeLessThanOrEqual(width!);
    expect(box.top, box.text).toBeGreaterThanOrEqual(0);
    expect(box.bottom, box.text).toBeLessThanOrEqual(height!);
  }
  const pairs = boxes.flatMap((a, index) => boxes.slice(index + 1).map((b) => [a, b] as const));
  const overlapping = pairs.filter(
    ([a, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom,
  );
  expect(overlapping.map(([a, b]) => `${a.text} | ${b.text}`)).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
}

function groups(
  chunkSizes: readonly number[],
  peerCounts: readonly number[],
  fileSizes: readonly number[],
  programs: readonly Group['program'][] = ['eachare'],
  count = 10,
  factor = 1,
): Group[] {
  return programs.flatMap((program, place) =>
    fileSizes.flatMap((fileSize) =>
      peerCounts.flatMap((peers) =>
        chunkSizes.map((chunkSize) => {
          const mean = (factor * (place + 1) * (2 + fileSize / chunkSize)) / (2_000 * Math.sqrt(peers));
          const margin = count < 2 ? undefined : mean * (chunkSize > 1_000 ? 1.5 : 0.2);
          return {
            program,
            fileSize,
            peers,
            chunkSize,
            count,
            mean,
            deviation: mean / 3,
            margin,
            median: mean,
          };
        }),
      ),
    ),
  );
}

const CHUNKS = [256, 1024, 4096, 65536];
const SIZES = [10_240, 102_400, 1_048_576];
const BOTH = ['eachare', 'programa'] as const;

describe('the plots of an experiment', () => {
  it.each([
    ['of the defaults', groups(CHUNKS, [1, 2, 3], SIZES)],
    ['of two programs', groups(CHUNKS, [1, 2, 3], SIZES, BOTH)],
    ['of a single triple', groups([256], [1], [10])],
    ['of one download each', groups(CHUNKS, [1, 2], SIZES, BOTH, 1)],
    [
      'of as many values as the command line takes',
      groups(
        [...Array(16).keys()].map((index) => 1000 + index),
        [...Array(16).keys()].map((index) => index + 1),
        SIZES,
        BOTH,
      ),
    ],
    ['of chunks of very different sizes', groups([1, 7, 16_777_216], [1, 16], [268_435_456, 1])],
    ['of hours', groups(CHUNKS, [1, 2], SIZES, BOTH, 10, 5_000)],
    ['of microseconds', groups(CHUNKS, [1, 2], SIZES, BOTH, 10, 0.0001)],
  ])('have labels that do not overlap and stand within the picture: %s', (_, measured) => {
    for (const svg of plotsOf(measured).values()) expectLegible(svg);
  });

  it('have a panel for each file size, a curve for each number of peers, and units', () => {
    const svg = plotsOf(groups(CHUNKS, [1, 2, 3], SIZES)).get('tempo-eachare.svg')!;
    const texts = textBoxes(svg).map(({ text }) => text);
    const times = (text: string) => texts.filter((each) => each === text).length;
    for (const size of ['10 KiB', '100 KiB', '1 MiB']) expect(times(`Arquivo de ${size}`)).toBe(1);
    for (const name of ['1 peer', '2 peers', '3 peers']) expect(times(name)).toBe(1);
    expect([times('Tamanho do chunk [bytes]'), times('Tempo [s]')]).toEqual([3, 3]);
    for (const chunk of CHUNKS) expect(times(String(chunk))).toBe(3);
    // Of each panel, and those in the legend.
    expect(svg.match(/class="curva"/g)).toHaveLength(3 * 3 + 3);
    expect(svg.match(/class="erro"/g)).toHaveLength(3 * 3 * 4);
  });

  it('tell the curves apart in grey: by marks and by dashes', () => {
    const svg = plotsOf(groups(CHUNKS, [1, 2, 3], [1024])).get('tempo-eachare.svg')!;
    const distinct = (pattern: RegExp) => new Set([...svg.matchAll(pattern)].map(([, each]) => each)).size;
    expect(distinct(/class="curva" [^>]*stroke-dasharray="([^"]*)"/g)).toBe(3);
    expect(distinct(/class="marca" [^>]* d="([^"]*)"/g)).toBe(3);
  });

  it('show the gain where there is something to compare', () => {
    const several = plotsOf(groups(CHUNKS, [1, 2], SIZES, BOTH));
    expect([...several.keys()]).toEqual([
      'tempo-eachare.svg',
      'ganho-eachare.svg',
      'tempo-programa.svg',
      'ganho-programa.svg',
      'comparacao.svg',
    ]);
    expect(several.get('ganho-eachare.svg')).toContain('Ganho [vezes o de 1 peer]');
    expect([...plotsOf(groups(CHUNKS, [2], SIZES)).keys()]).toEqual(['tempo-eachare.svg']);
  });
});

describe('the report', () => {
  it('is one page without a request to anywhere, and shows what it is told as text', () => {
    const measured = groups([256], [1, 2], [1024]);
    const plots = plotsOf(measured);
    const page = reportPage({
      facts: [['Linha de comando', "eachare experimento --programa '<b>x</b> {endereco} {pasta}'"]],
      groups: measured,
      plots,
      remarks: ['a fonte 1 de 2 terminou: <script>alert(1)</script>'],
    });
    expect(page).not.toMatch(/<script|<b>|<link[^>]*href="(?!data:)|\ssrc=|url\(/);
    expect(page.match(/<svg /g)).toHaveLength(plots.size);
    expect(page).toContain('&#60;b&#62;x&#60;/b&#62;');
    // A row for each triple, under the head.
    expect(page.split('<tbody>')[1]!.split('</tbody>')[0]!.match(/<tr>/g)).toHaveLength(2);
  });
});
