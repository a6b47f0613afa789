import { barChart, type BarChart } from '../chart/bar-chart.js';
import { pictureFonts } from '../chart/font.js';
import { element } from '../page/markup.js';
import { lightPalette as palette } from '../palette.js';
import { panel, placed } from './picture-block.js';
import { fontFamily, renderPicture } from './render-picture.js';

const size = { width: 960, height: 480 };
const margin = 24;

/** A bar chart as a PNG, 1920 pixels wide. */
export function chartPicture(chart: BarChart): Uint8Array {
  const inner = { width: size.width - 2 * margin, height: size.height - 2 * margin, fontSize: 14 };
  const svg = { xmlns: 'http://www.w3.org/2000/svg', ...size, 'font-family': fontFamily };
  const content = placed(margin, margin, barChart(chart, inner, palette));
  return renderPicture(
    element('svg', svg, panel(size.width, size.height, palette.card, palette.edge), content).text,
    pictureFonts(),
  );
}
