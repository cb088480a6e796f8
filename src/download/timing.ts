import type { BackoffTiming } from './engine/source-state.ts';

/** How long a search and a download wait for what, in milliseconds. */
export interface DownloadTiming extends BackoffTiming {
  /** A running download looks after its sources this often: backoffs that are over, the end game, speeds. */
  readonly tickMs: number;
  /** How often the progress of a download is reported. */
  readonly progressMs: number;
  /** How long the sources of a download that are ready wait for the others: a try at a session is over by then. */
  readonly prepareMs: number;
  /** How long the first chunk waits for the digests of sources that might differ. */
  readonly firstDigestsMs: number;
  /** How long a download that has all its chunks waits for a digest that nobody has told yet. */
  readonly lastDigestsMs: number;
  /** How long it waits where the content that came is not the one that the fast sources tell. */
  readonly disputeMs: number;
  /** A source that is busy with its digest is asked again after this long, then after twice as long each time. */
  readonly firstDigestRetryMs: number;
  readonly longestDigestRetryMs: number;
  /** How long a search waits for digests, until its files are shown without those that are missing. */
  readonly searchDigestsMs: number;
  /** No host is asked for a late source twice within this time. */
  readonly lateHostMs: number;
}

export const DOWNLOAD_TIMING: DownloadTiming = {
  tickMs: 100,
  progressMs: 200,
  prepareMs: 700,
  firstDigestsMs: 1_000,
  lastDigestsMs: 5_000,
  disputeMs: 30_000,
  firstDigestRetryMs: 100,
  longestDigestRetryMs: 1_000,
  searchDigestsMs: 2_000,
  lateHostMs: 60_000,
  firstBackoffMs: 500,
  longestBackoffMs: 30_000,
  silenceMs: 120_000,
};
