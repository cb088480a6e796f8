import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { systemCode } from '../file-error.ts';

/** The process that a download under way belongs to, told so that others can find out whether it still runs. */
export interface Owner {
  readonly host: string;
  /** Within which its number means something: containers of one machine count for themselves. */
  readonly space: string;
  readonly pid: number;
  /** Tells it from another process that gets its number later; the same at every look, empty where the system tells none. */
  readonly birth: string;
}

/** `unknown`: it cannot be told from here. */
export type OwnerState = 'running' | 'gone' | 'unknown';

/** Who we are. */
export async function thisProcess(): Promise<Owner> {
  const { pid } = process;
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  return { host: hostname(), space, pid, birth: (await birthOf(pid)) ?? '' };
}

export async function stateOf({ host, space, pid, birth }: Owner): Promise<OwnerState> {
  const us = await thisProcess();
  if (host !== us.host || space !== us.space) return 'unknown';
  if (!hasProcess(pid)) return 'gone';
  const birthNow = await birthOf(pid);
  return birthNow === undefined || birthNow === birth ? 'running' : 'gone';
}

function hasProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Whatever we may not send signals to exists.
    return systemCode(error) !== 'ESRCH';
  }
}

/** Undefined where it cannot be found out. Numbers come again after a restart, and in containers nearly always. */
async function birthOf(pid: number): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // Behind the program's name, which may hold anything: the state, and 19 fields later the start in ticks since the boot.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isZombie = fields[0] === 'Z' || fields[0] === 'X';
    return isZombie ? 'zombie' : `${boot.trim()} ${fields[19] ?? ''}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    // No Linux: only of ourselves is it known, and that is what matters most.
    return pid === process.pid ? String(Math.round(performance.timeOrigin)) : undefined;
  }
}
