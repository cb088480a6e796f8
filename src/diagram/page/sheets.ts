import type { Picture } from '../layout.ts';
import { HEADER, header, shapes, type Paint } from '../svg.ts';

/** Of a sheet of A4 between margins of 12 mm: height over width, less the line above the picture. */
const SHEET_RATIO = 1.36;
/** More sheets than a person prints on purpose. */
const MOST_SHEETS = 60;

/** The picture cut into sheets, each with the names above it. */
export function sheets(
  picture: Picture,
  isGhost: (event: number) => boolean,
  paint: Paint,
  title: string,
): string {
  const { width, height } = picture;
  const high = width * SHEET_RATIO - HEADER;
  const wanted = Math.ceil(height / high);
  const count = Math.min(MOST_SHEETS, wanted);
  let out = '';
  for (let sheet = 0; sheet < count; sheet += 1) {
    const top = sheet * high;
    const bottom = Math.min(height, top + high);
    const number = `${title} (${sheet + 1}/${count}${count < wanted ? `; só as primeiras de ${wanted} folhas` : ''})`;
    out +=
      `<section><p>${number}</p><svg viewBox="0 0 ${width} ${bottom - top + HEADER}">${header(picture)}` +
      `<svg x="0" y="${HEADER}" width="${width}" height="${bottom - top}" viewBox="0 ${top} ${width} ${bottom - top}">` +
      `${shapes(picture, isGhost, paint, top, bottom)}</svg></svg></section>`;
  }
  return out;
}
