import type { Model } from './model.ts';
import { count, timeOfDay, visible } from './words.ts';

/** What a model holds, in lines for a person: where the picture would be too large, and below every picture. */
export function summary({ lines, events }: Model): string[] {
  const types = new Map<string, number>();
  const perLine = lines.map(() => ({ sent: 0, received: 0, clock: 0 }));
  let [from, to] = [Infinity, -Infinity];
  let [lost, wrong, messages] = [0, 0, 0];
  for (const { line, sent, type, clock, at, partner, fate, wrong: why } of events) {
    const own = perLine[line]!;
    if (sent) own.sent += 1;
    else own.received += 1;
    own.clock = Math.max(own.clock, clock);
    from = Math.min(from, at);
    to = Math.max(to, at);
    if (sent || partner < 0) {
      messages += 1;
      types.set(type, (types.get(type) ?? 0) + 1);
    }
    if (fate === 'lost') lost += 1;
    if (why !== undefined || fate === 'unsent' || fate === 'twice') wrong += 1;
  }
  const parts = [count(messages, 'mensagem', 'mensagens'), count(lines.length, 'linha', 'linhas')];
  if (lost > 0) parts.push(count(lost, 'perdida', 'perdidas'));
  parts.push(wrong === 0 ? 'nenhuma violação' : count(wrong, 'violação', 'violações'));
  const byCount = [...types].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return [
    parts.join(', '),
    ...(events.length === 0 ? [] : [`de ${timeOfDay(from)} a ${timeOfDay(to)}`]),
    byCount.map(([type, amount]) => `${amount} ${visible(type)}`).join(', '),
    ...lines.map(({ name, hasLog }, line) => {
      const { sent, received, clock } = perLine[line]!;
      const about = `${sent} enviadas, ${received} recebidas, relógio ${clock}`;
      return `${visible(name)}: ${about}${hasLog ? '' : ' (sem registro)'}`;
    }),
  ];
}
