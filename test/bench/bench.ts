import { benchCodec } from './codec.ts';
import type { Row } from './measure.ts';
import { benchScheduler } from './scheduler.ts';
import { benchTransfer } from './transfer.ts';

/** `npm run bench`: every figure beside its yardstick in the same run. Absolute figures depend on the machine. */

const MIB = 1024 * 1024;

function print({ what, figure, ratio = '' }: Row): void {
  console.log(`${what.padEnd(44)} ${figure.padEnd(30)} ${ratio}`);
}

benchCodec().forEach(print);
benchScheduler().forEach(print);
print(await benchTransfer({ chunkSize: 65_536, bytes: 256 * MIB, rounds: 3 }));
print(await benchTransfer({ chunkSize: 256, bytes: 2 * MIB, rounds: 3 }));
