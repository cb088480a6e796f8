import { readFile } from 'node:fs/promises';

/** What the kernel knows of a process that lives. */

const KIB = 1024;
/** Of /proc, a second; the same on every Linux. */
const CLOCK_TICKS = 100;

/** The most memory that a process has had, in bytes. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB;
}

/** Seconds of the processor that it has used so far, in steps of 10 ms. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The fields behind the name of the program, which may hold anything; user and system time are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}
