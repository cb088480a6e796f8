import type { Band } from './fold.ts';
import type { Model } from './model.ts';
import { part } from './narrow.ts';

/** Events of a long download that stay at its beginning, and as many at its end. */
const KEPT_AT_EACH_END = 200;

/**
 * The model without the middle of long downloads, which are bands at first sight anyway; what happened before what is still
 * known exactly, by the vector clocks of the whole.
 */
export function thinned(model: Model, bands: readonly Band[]): Model {
  const shown = new Array<boolean>(model.events.length).fill(true);
  for (const { events } of bands) {
    for (const index of events.slice(KEPT_AT_EACH_END, -KEPT_AT_EACH_END)) shown[index] = false;
  }
  model.events.forEach(({ partner }, index) => {
    if (shown[index] === true && partner >= 0) shown[partner] = true;
  });
  return part(model, shown);
}
