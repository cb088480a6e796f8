import { say, sayChunk, ScriptedNeighbour } from './scripted-neighbour.ts';

/**
 * A neighbour with one file `f`, without sessions or digests.
 * @param onChunk hears of each DL before its answer
 */
export function startPlainNeighbour(
  data: Buffer,
  onChunk: () => void = () => undefined,
): Promise<ScriptedNeighbour> {
  return ScriptedNeighbour.start((request) => {
    if (request.type !== 'DL') return say(`LS_LIST 1 f:${data.length}`);
    onChunk();
    return sayChunk(data, request);
  });
}
