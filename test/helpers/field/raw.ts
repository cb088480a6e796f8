import { ONE_READ_MS, REPLY_MS } from './field-program.ts';
import { PrefixedProgram } from './prefixed.ts';
import type { Wire } from './wire.ts';

/** What its client reads of a reply; the rest is lost. */
const MAX_READ_BYTES = 1024;

/** As the reference program, without the length: plain text, ended by the end of the connection. */
export class RawProgram extends PrefixedProgram {
  override readonly dialect = 'raw';

  /** Whole files only, asked for by their list entry; it saves what comes as what FILE names. */
  override async download(to: string, name: string): Promise<Buffer> {
    const size = this.sizeOf(to, name);
    const token = `${name}:${size}`;
    const data = await this.fetch(to, [token, '0', '0'], `${name} 0 0`);
    if (data.length !== size) throw new Error(`${data.length} of ${size} bytes of ${name}`);
    return data;
  }

  protected override frame(payload: Buffer): Buffer {
    return payload;
  }

  protected override async readReply(wire: Wire): Promise<Buffer> {
    const came = await wire.readOnce(ONE_READ_MS, REPLY_MS);
    if (came.length > MAX_READ_BYTES) this.seen.violate(`${came.length} bytes, reads ${MAX_READ_BYTES}`);
    const end = Math.min(came.length, MAX_READ_BYTES);
    if (came[end - 1] !== 0x0a) return came.subarray(0, end);
    this.seen.oddities.push('a newline behind a raw reply');
    return came.subarray(0, end - 1);
  }
}
