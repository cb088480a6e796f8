import { LRUCache } from 'lru-cache';
import type { AppEvent, MessageReceived, MessageSent, Reporter } from '../events.ts';

/** Exchanges with one host that are logged whatever they are: so many at once, and so many more each second. */
const HOST_BURST = 5_000;
const HOST_PER_SECOND = 100;

/** The same for all hosts together: an origin may name any host. */
const TOTAL_BURST = 50_000;
const TOTAL_PER_SECOND = 1_000;

/** Hosts that are remembered; one that was forgotten begins with a full allowance, out of that for all. */
const MAX_HOSTS = 1_000;

/** All maps of chunks together; a file whose map would be larger than a sixteenth of it is never counted. */
const MAX_MAP_BYTES = 16 * 1024 * 1024;
const LARGEST_MAP_BYTES = MAX_MAP_BYTES / 16;

/** What was omitted is reported this often at most. */
const REPORT_INTERVAL_MS = 1_000;

interface Host {
  readonly name: string;
  readonly allowance: Allowance;
  /** Requests in the log whose reply is still to come, and such that were left out. */
  logged: number;
  skipped: number;
  omitted: number;
}

/**
 * Keeps a host that asks for the same over and over from filling the log, which would grow by 24 times what it sends.
 *
 * A diagram or a check of an exchange needs every event of an honest one, and an honest download makes more messages a
 * second than most floods: so the rate alone says nothing. What says something is repetition. Our own requests and their
 * replies are always logged. A request to us is logged where it asks for a chunk that this host has not asked for since it
 * began with the file; the first chunk of each pass through a file, and every other request, is paid for out of an allowance
 * of the host that refills with time. Beyond it a request, its reply and their clock values are counted, and the count is
 * logged as `events-omitted`. What no rule bounds, a host that downloads and downloads, `--eventos-max` does.
 */
export class RepetitionFilter implements Reporter {
  readonly #log: Reporter;
  readonly #now: () => number;
  readonly #total: Allowance;
  readonly #hosts: LRUCache<string, Host>;
  readonly #passes = new LRUCache<string, ChunkMap>({
    maxSize: MAX_MAP_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  /** Hosts of which something was omitted and not reported. */
  readonly #silenced = new Set<Host>();
  #last: { readonly address: string; readonly host: Host } | undefined;
  #reportedAt = -Infinity;
  /** The clock value of a message that is reported next. */
  #clock: AppEvent | undefined;
  /** The host of the request that was left out just before: its clock value follows. */
  #left: Host | undefined;

  /** @param now milliseconds, monotonic */
  constructor(log: Reporter, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
    this.#total = new Allowance(TOTAL_BURST, TOTAL_PER_SECOND, now());
    this.#hosts = new LRUCache({
      max: MAX_HOSTS,
      dispose: (host) => {
        this.#last = undefined;
        this.#reportOmitted(host);
      },
    });
  }

  report(event: AppEvent): void {
    const left = this.#left;
    this.#left = undefined;
    if (event.event === 'clock-updated') {
      if (left !== undefined) return this.#omit(left);
      if (event.cause === 'send') {
        this.#flushClock();
        this.#clock = event;
        return;
      }
    }
    if (event.event === 'message-received' && !event.reply && !this.#isLogged(event)) return;
    if (event.event === 'message-sent' && event.reply && !this.#isReplyLogged(event)) return;
    this.#flushClock();
    this.#log.report(event);
    if (this.#silenced.size > 0 && this.#now() - this.#reportedAt >= REPORT_INTERVAL_MS) this.flush();
  }

  /** Reports what was omitted and not reported yet. */
  flush(): void {
    this.#flushClock();
    this.#reportedAt = this.#now();
    for (const host of this.#silenced) this.#reportOmitted(host);
  }

  #isLogged(request: MessageReceived): boolean {
    const host = this.#host(request.from);
    const now = this.#now();
    const isNew = request.type === 'DL' && this.#isNewChunk(host, request);
    const isLogged = isNew || (host.allowance.take(now) && this.#total.take(now));
    if (isLogged) host.logged += 1;
    else {
      host.skipped += 1;
      this.#left = host;
      this.#omit(host);
    }
    return isLogged;
  }

  #isReplyLogged({ to }: MessageSent): boolean {
    const host = this.#host(to);
    if (host.logged > 0 || host.skipped === 0) {
      host.logged = Math.max(0, host.logged - 1);
      return true;
    }
    host.skipped -= 1;
    if (this.#clock !== undefined) this.#omit(host);
    this.#clock = undefined;
    this.#omit(host);
    return false;
  }

  /** Whether this host has not asked for the chunk in its present pass through the file; not so for the first one. */
  #isNewChunk({ name }: Host, { args, chunks }: MessageReceived): boolean {
    const [token = '', size = '', index = ''] = args;
    if (chunks === undefined || !(Number(index) < chunks)) return false;
    if (chunks > 8 * LARGEST_MAP_BYTES) return true;
    const key = `${name} ${size} ${token}`;
    let pass = this.#passes.get(key);
    const isFirst = pass?.chunks !== chunks;
    if (pass === undefined || isFirst) this.#passes.set(key, (pass = new ChunkMap(chunks)));
    return pass.add(Number(index)) && !isFirst;
  }

  #host(address: string): Host {
    // Nearly always the same as before.
    if (this.#last?.address === address) return this.#last.host;
    const host = this.#findHost(address);
    this.#last = { address, host };
    return host;
  }

  #findHost(address: string): Host {
    const name = address.slice(0, address.lastIndexOf(':'));
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const allowance = new Allowance(HOST_BURST, HOST_PER_SECOND, this.#now());
    const host: Host = { name, allowance, logged: 0, skipped: 0, omitted: 0 };
    this.#hosts.set(name, host);
    return host;
  }

  #flushClock(): void {
    if (this.#clock !== undefined) this.#log.report(this.#clock);
    this.#clock = undefined;
  }

  #omit(host: Host): void {
    host.omitted += 1;
    this.#silenced.add(host);
  }

  #reportOmitted(host: Host): void {
    this.#silenced.delete(host);
    if (host.omitted === 0) return;
    this.#log.report({ event: 'events-omitted', host: host.name, count: host.omitted });
    host.omitted = 0;
  }
}

/** Refills with time, up to a burst. */
class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = now;
  }

  take(now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** Which chunks of a file were asked for, one bit each. Once all of them were, the next pass begins. */
class ChunkMap {
  readonly chunks: number;
  readonly #bits: Uint8Array;
  #count = 0;

  constructor(chunks: number) {
    this.chunks = chunks;
    this.#bits = new Uint8Array(Math.ceil(chunks / 8));
  }

  get bytes(): number {
    // With what else an entry costs.
    return this.#bits.length + 200;
  }

  /** False for a chunk that was asked for in this pass, and for the first one of the next. */
  add(index: number): boolean {
    const isNewPass = this.#count === this.chunks;
    if (isNewPass) {
      this.#bits.fill(0);
      this.#count = 0;
    }
    const at = index >>> 3;
    const bit = 1 << (index & 7);
    const bits = this.#bits[at] ?? 0;
    if ((bits & bit) !== 0) return false;
    this.#bits[at] = bits | bit;
    this.#count += 1;
    return !isNewPass;
  }
}
