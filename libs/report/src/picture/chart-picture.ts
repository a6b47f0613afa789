import { Resvg } from '@resvg/resvg-js';
import { pictureFonts } from '../chart/font.js';
import { element, type Markup } from '../page/markup.js';
import { lightPalette } from '../palette.js';

/** The font of all pictures. */
export const fontFamily = 'DejaVu Sans Condensed';
/** Pixels per unit of a drawing: sharp on a dense screen, and still readable at half size in a README. */
const zoom = 2;

/** A chart on a card of the palette that it is drawn in, with a margin, as an SVG of its own. */
export function chartSvg(content: Markup, width: number, height: number, palette = lightPalette): string {
  const margin = 24;
  const size = { width: width + 2 * margin, height: height + 2 * margin };
  const svg = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    'font-family': `${fontFamily}, sans-serif`,
  };
  const moved = element('g', { transform: `translate(${margin} ${margin})` }, content);
  return element('svg', svg, element('rect', { ...size, fill: palette.card }), moved).text;
}

/** An SVG as a PNG of twice its size, the same on every machine. */
export function svgPng(svg: string): Uint8Array {
  const { regular, bold } = pictureFonts();
  const rendered = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: zoom },
    font: { fontFiles: [regular.file, bold.file], loadSystemFonts: false, defaultFontFamily: fontFamily },
  }).render();
  return rendered.asPng();
}
