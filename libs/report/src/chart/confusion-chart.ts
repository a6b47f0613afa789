import sharp from 'sharp';
import { whole } from '../figures.js';
import { element, markup, type Markup } from '../page/markup.js';
import type { Palette } from '../palette.js';
import { pictureFonts } from './font.js';
import { heading, labelStyle, type Frame } from './plot.js';

/** How often images of a class were taken for which class: rows are true classes, columns what they were taken for. */
export interface ConfusionChart {
  readonly title: string;
  readonly labels: readonly string[];
  /** Images by true and by given class, under truth·C + given. */
  readonly counts: ReadonlyMap<number, number>;
}

/** With more classes than this, the rows and columns have no names. */
const namedClassesMax = 40;
/** With more classes than this, neighbours share a pixel of the picture, which shows the darkest of them. */
const cellsMax = 1024;

/**
 * The confusion matrix as the inside of an SVG of the frame's size: darker where more of a true class's images are, in
 * the colour of the right answers on the diagonal and of the wrong ones beside it.
 */
export async function confusionChart(
  { title, labels, counts }: ConfusionChart,
  { width, height, fontSize }: Frame,
  palette: Palette,
): Promise<Markup> {
  const { regular } = pictureFonts();
  const isNamed = labels.length <= namedClassesMax;
  const nameSize = Math.min(fontSize, (height * 0.7) / labels.length);
  const room = isNamed ? Math.min(width * 0.25, Math.max(...labels.map((one) => regular.width(one, nameSize)))) : 0;
  const [left, top] = [room + fontSize * 1.6, fontSize * 4.2];
  const side = Math.min(width - left, height - top - room - fontSize * 2);
  const cell = side / labels.length;
  const unit = `rows: true class; columns: what it was taken for; ${whole(labels.length)} classes`;
  const style = labelStyle(nameSize, palette);
  const names = labels.slice(0, isNamed ? undefined : 0).map((label, index) => {
    const text = regular.fit(label, nameSize, room);
    const middle = (index + 0.5) * cell;
    const row = { x: left - fontSize * 0.5, y: top + middle + nameSize * 0.35, 'text-anchor': 'end' };
    const [x, y] = [left + middle + nameSize * 0.35, top + side + fontSize * 0.5];
    const column = { x, y, transform: `rotate(-90 ${x} ${y})`, 'text-anchor': 'end' };
    return markup`${element('text', { ...row, ...style }, text)}${element('text', { ...column, ...style }, text)}`;
  });
  const image = { x: left, y: top, width: side, height: side, href: await cells(labels.length, counts) };
  const edge = { x: left, y: top, width: side, height: side, fill: 'none', stroke: palette.edge };
  return markup`${heading({ title, unit }, fontSize, palette)}
${element('image', image)}${element('rect', edge)}${names}`;
}

/** The matrix as a PNG in a data URI. White is none of the images of a class. */
async function cells(classes: number, counts: ConfusionChart['counts']): Promise<string> {
  const size = Math.min(classes, cellsMax);
  const images = new Uint32Array(classes);
  for (const [at, count] of counts) images[Math.floor(at / classes)]! += count;
  const shade = new Float64Array(size * size);
  for (const [at, count] of counts) {
    const [truth, given] = [Math.floor(at / classes), at % classes];
    const cell = Math.floor((truth * size) / classes) * size + Math.floor((given * size) / classes);
    shade[cell] = Math.max(shade[cell]!, count / images[truth]!);
  }
  const pixels = Buffer.alloc(size * size * 3, 255);
  shade.forEach((share, at) => {
    const isDiagonal = Math.floor(at / size) === at % size;
    const ink = isDiagonal ? [10, 112, 72] : [179, 54, 31]; // `right` and `wrong` of the light palette.
    // The square root shows small shares, which are most of the errors.
    ink.forEach((value, channel) => (pixels[at * 3 + channel] = Math.round(255 - Math.sqrt(share) * (255 - value))));
  });
  const zoom = Math.max(1, Math.floor(cellsMax / size));
  const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .resize(size * zoom, size * zoom, { kernel: 'nearest' })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
