import type { Band } from './fold.ts';
import type { Model } from './model.ts';
import { itemsOf } from './items.ts';
import { label, visible } from './words.ts';

/** Signs that end a statement or begin an entity in Mermaid, and those of HTML, as Mermaid's own entities. */
function safe(text: string): string {
  return visible(text).replace(/[#;<>&"%]/g, (char) => `#${char.charCodeAt(0)};`);
}

/** A sequenceDiagram: messages in the order of their sending with both clocks, lost ones with a cross, bands as notes. */
export function mermaid(model: Model, bands: readonly Band[]): string {
  const { lines, events } = model;
  let text = 'sequenceDiagram\n';
  lines.forEach(({ name, hasLog }, line) => {
    text += `    participant p${line} as ${safe(name)}${hasLog ? '' : ' (sem registro)'}\n`;
  });
  for (const item of itemsOf(model, bands)) {
    if (item.kind === 'band') {
      const { a, b, label: words } = item.band;
      text += `    Note over p${a},p${b}: ${safe(words)}\n`;
      continue;
    }
    const event = events[item.kind === 'receipt' ? item.receipt : item.send]!;
    const { line, other, type, args, clock, carried, fate, partner } = event;
    if (item.kind === 'receipt') {
      if (partner >= 0 && fate !== 'twice') {
        if (event.wrong !== undefined) text += note(line, event.wrong);
        continue;
      }
      text += `    p${Math.max(0, other)}--)p${line}: ${safe(label(type, args))} (${carried} → ${clock})\n`;
      text += note(line, event.wrong ?? (fate === 'twice' ? 'recebida outra vez' : 'ninguém enviou'));
      continue;
    }
    const arrow = fate === 'lost' ? '-x' : fate === 'open' ? '--)' : '->>';
    const after = partner < 0 ? '' : ` → ${events[partner]!.clock}`;
    text += `    p${line}${arrow}p${Math.max(0, other)}: ${safe(label(type, args))} (${clock}${after})\n`;
    if (event.wrong !== undefined) text += note(line, event.wrong);
    const received = item.kind === 'message' ? events[item.receipt]! : undefined;
    if (received?.wrong !== undefined) text += note(received.line, received.wrong);
  }
  return text;
}

function note(line: number, text: string): string {
  return `    Note over p${line}: ✗ ${safe(text)}\n`;
}
