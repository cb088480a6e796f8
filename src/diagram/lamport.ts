import type { Run } from './model.ts';

/** A clock that is further ahead than this is counted as an event and not followed (protocol, section 2). */
export const NOT_FOLLOWED_FROM = 2 ** 32;

export type ClockRule = 'grows' | 'send' | 'receive';

export interface ClockFault {
  /** Index of the run, and of the message in it. */
  readonly run: number;
  readonly message: number;
  readonly rule: ClockRule;
  readonly text: string;
}

/**
 * Where a run breaks Lamport's rules (protocol, section 2): its clock grows with every event, a sending adds 1, a receipt
 * is max(own, received) + 1. `onCheck` hears of every comparison. After missing lines, and
 * in a log that leaves out repetitions, the own clock is not known, and
 * only growth is checked.
 */
export function lamportFaults(runs: readonly Run[], onCheck?: (rule: ClockRule) => void): ClockFault[] {
  const faults: ClockFault[] = [];
  runs.forEach((run, index) => {
    let own = 0;
    let seq = 0;
    let gap = 0;
    run.messages.forEach(({ sent, carried, clock, seq: at }, message) => {
      const fault = (rule: ClockRule, text: string) => faults.push({ run: index, message, rule, text });
      while ((run.gaps[gap]?.to ?? Infinity) < seq) gap += 1;
      const isKnown = !run.isThinned && (run.gaps[gap]?.to ?? Infinity) > at;
      onCheck?.('grows');
      if (isKnown) onCheck?.(sent ? 'send' : 'receive');
      const wanted = sent ? own + 1 : Math.max(own, carried) + 1;
      const isIgnored = !sent && carried > own + NOT_FOLLOWED_FROM && clock === own + 1;
      if (clock <= own) {
        fault('grows', `o relógio não cresce: ${own} antes, ${clock} depois`);
      } else if (!sent && clock <= carried && !isIgnored) {
        fault(
          'receive',
          `recebido com relógio ${clock}, mas enviado com ${carried}: o efeito viria antes da causa`,
        );
      } else if (isKnown && clock !== wanted && !isIgnored) {
        const sum = sent ? `${own} + 1 = ${wanted}` : `max(${own}, ${carried}) + 1 = ${wanted}`;
        fault(sent ? 'send' : 'receive', `relógio ${clock}, mas ${sum}`);
      }
      // Go on from what the run itself believes, or one wrong number would spoil all after it.
      own = clock;
      seq = at;
    });
  });
  return faults;
}
