import { jsonLines, nobodyAnswers, peerRows } from '../terminal/results.ts';
import { EXIT } from '../program.ts';
import { greetAll, lookUntil, withPeer, type Around } from './working-peer.ts';

const SUMMARY = {
  name: 'peers',
  description: 'Diz quem está na rede: cumprimenta os vizinhos, e os vizinhos deles, escreve e sai.',
};

/** The subcommand `peers`: returns its exit code. */
export function peers(args: readonly string[], around: Around): Promise<number> {
  return withPeer(args, around, SUMMARY, async (work) => {
    const { program, options, width, print, say } = work;
    const look = async () => {
      await greetAll(work);
      return program.neighbours.listKnown();
    };
    const isAnybody = (known: Awaited<ReturnType<typeof look>>) =>
      known.some(({ status }) => status === 'ONLINE');
    const known = await lookUntil(work, look, isAnybody);
    print(options.output === 'json' ? jsonLines(known) : peerRows(known, width));
    if (!isAnybody(known)) say(nobodyAnswers());
    return isAnybody(known) ? EXIT.ok : EXIT.notFetched;
  });
}
