import { Resvg } from '@resvg/resvg-js';
import type { Fonts } from './picture-block.js';

/** Pixels per unit of the drawing: sharp on a dense screen, and still readable at half size in a README. */
const zoom = 2;
export const fontFamily = 'DejaVu Sans Condensed';

/** An SVG as a PNG, twice as wide. */
export function renderPicture(svg: string, fonts: Fonts): Uint8Array {
  const font = {
    fontFiles: [fonts.regular.file, fonts.bold.file],
    loadSystemFonts: false,
    defaultFontFamily: fontFamily,
  };
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: zoom }, font }).render().asPng();
}
