import type { Group } from './measurements.ts';
import type { ProgramName } from './plan.ts';
import { plotSvg, type Curve, type Panel, type Plot, type Point } from './plot.ts';
import { bytes, chosenScale, linearScale, timeScale } from './scales.ts';

/** The plots by their file names. */
export type Plots = ReadonlyMap<string, string>;

const TITLES: Readonly<Record<ProgramName, string>> = { eachare: 'eachare', programa: '--programa' };
const CHUNK_AXIS = 'Tamanho do chunk [bytes]';
const TIME_AXIS = 'Tempo [s]';

const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
const peersName = (peers: number): string => (peers === 1 ? '1 peer' : `${peers} peers`);

function pointOf({ mean, margin }: Group, x: number): Point {
  return margin === undefined ? { x, y: mean } : { x, y: mean, low: mean - margin, high: mean + margin };
}

/** What all plots of times have in common. Error bars may leave the axis below, where they would dwarf the curves. */
function overChunks(groups: readonly Group[], title: string, panels: readonly Panel[]): Plot {
  const sizes = new Set(groups.map(({ fileSize }) => fileSize));
  const chunks = ascending(groups.map(({ chunkSize }) => chunkSize));
  const means = groups.map(({ mean }) => mean);
  const tops = groups.map(({ mean, margin = 0 }) => mean + margin);
  return {
    title,
    xTitle: CHUNK_AXIS,
    yTitle: TIME_AXIS,
    panels,
    columns: sizes.size,
    x: (range) => chosenScale(chunks, [range[0] + 14, range[1] - 14], 'logarithmic'),
    y: (range) => timeScale(Math.min(...means) / 1.5, Math.max(...tops), range),
  };
}

/** Time against chunk size: a panel for each file size, a curve for each number of peers. */
export function timePlot(groups: readonly Group[], program: ProgramName): string {
  const ours = groups.filter((each) => each.program === program);
  const panels = ascending(ours.map(({ fileSize }) => fileSize)).map((fileSize) => ({
    title: `Arquivo de ${bytes(fileSize)}`,
    curves: ascending(ours.map(({ peers }) => peers)).map((peers) => ({
      name: peersName(peers),
      points: ours
        .filter((each) => each.fileSize === fileSize && each.peers === peers)
        .map((each) => pointOf(each, each.chunkSize)),
    })),
  }));
  return plotSvg(overChunks(ours, `Tempo de download por tamanho de chunk (${TITLES[program]})`, panels));
}

/** How many times faster than from the fewest peers: a panel for each file size, a curve for each chunk size. */
export function speedUpPlot(groups: readonly Group[], program: ProgramName): string | undefined {
  const ours = groups.filter((each) => each.program === program);
  const counts = ascending(ours.map(({ peers }) => peers));
  const [fewest = 1] = counts;
  const most = Math.max(...counts);
  if (counts.length < 2) return undefined;
  const ideal: Curve = {
    name: 'ideal',
    isReference: true,
    points: [
      { x: fewest, y: 1 },
      { x: most, y: most / fewest },
    ],
  };
  const panels = ascending(ours.map(({ fileSize }) => fileSize)).map((fileSize) => {
    const curves = ascending(ours.map(({ chunkSize }) => chunkSize)).map((chunkSize) => {
      const alike = ours.filter((each) => each.fileSize === fileSize && each.chunkSize === chunkSize);
      const base = alike.find(({ peers }) => peers === fewest);
      const points =
        base === undefined ? [] : alike.map(({ peers, mean }) => ({ x: peers, y: base.mean / mean }));
      return { name: `chunk ${bytes(chunkSize)}`, points };
    });
    return { title: `Arquivo de ${bytes(fileSize)}`, curves: [ideal, ...curves] };
  });
  const highest = Math.max(
    ...panels.flatMap(({ curves }) => curves.flatMap(({ points }) => points.map(({ y }) => y))),
  );
  return plotSvg({
    title: `Ganho de velocidade por número de peers (${TITLES[program]})`,
    xTitle: 'Número de peers',
    yTitle: `Ganho [vezes o de ${peersName(fewest)}]`,
    panels,
    columns: panels.length,
    x: ([from, to]) => chosenScale(counts, [from + 14, to - 14], 'linear'),
    y: (range) => linearScale(highest * 1.08, range, 6),
  });
}

/** Ours and the other beside each other: a panel for each file size and number of peers. */
export function comparisonPlot(groups: readonly Group[]): string {
  const names: readonly ProgramName[] = ['eachare', 'programa'];
  const panels = ascending(groups.map(({ peers }) => peers)).flatMap((peers) =>
    ascending(groups.map(({ fileSize }) => fileSize)).map((fileSize) => ({
      title: `Arquivo de ${bytes(fileSize)}, ${peersName(peers)}`,
      curves: names.map((program) => ({
        name: TITLES[program],
        points: groups
          .filter((each) => each.program === program && each.peers === peers && each.fileSize === fileSize)
          .map((each) => pointOf(each, each.chunkSize)),
      })),
    })),
  );
  return plotSvg(overChunks(groups, 'Tempo de download: eachare e --programa', panels));
}

/** All plots that the measurements allow. */
export function plotsOf(groups: readonly Group[]): Plots {
  const plots = new Map<string, string>();
  const programs = [...new Set(groups.map(({ program }) => program))];
  for (const program of programs) {
    plots.set(`tempo-${program}.svg`, timePlot(groups, program));
    const speedUp = speedUpPlot(groups, program);
    if (speedUp !== undefined) plots.set(`ganho-${program}.svg`, speedUp);
  }
  if (programs.length === 2) plots.set('comparacao.svg', comparisonPlot(groups));
  return plots;
}
