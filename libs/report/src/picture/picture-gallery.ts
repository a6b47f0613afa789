import { wholePercent } from '../figures.js';
import { element, markup, type Markup } from '../page/markup.js';
import { lightPalette as palette } from '../palette.js';
import { block, panel, placed, text, type Block, type Fonts } from './picture-block.js';
import type { Gallery, Tile } from '../report.js';
import { thumbnail } from './thumbnail.js';
import { verdictOf } from '../verdict.js';

const columns = 3;
const gap = 12;
const matSide = 92;
const tileHeight = 124;
/** Height of the heading and note above the tiles. */
const headHeight = 66;
/** More tiles would make the picture taller than anyone scrolls; the page shows them all. */
const tilesMax = 24;

/** The first tiles of a gallery, three in a row. */
export async function galleryBlock(gallery: Gallery, width: number, fonts: Fonts): Promise<Block> {
  const shown = gallery.tiles.slice(0, tilesMax);
  const tileWidth = (width - gap * (columns - 1)) / columns;
  const tiles = await Promise.all(
    shown.map(async (tile, index) => {
      const x = (index % columns) * (tileWidth + gap);
      const y = headHeight + Math.floor(index / columns) * (tileHeight + gap);
      return placed(x, y, await pictureTile(tile, tileWidth, fonts));
    }),
  );
  const rows = Math.ceil(shown.length / columns);
  return block(
    [
      text(fonts.bold.fit(gallery.heading, 20, width), { size: 20, bold: true, y: 24 }),
      text(fonts.regular.fit(gallery.note, 15, width), { size: 15, y: 48, fill: palette.muted }),
      ...tiles,
    ],
    headHeight + rows * (tileHeight + gap) - gap,
  );
}

async function pictureTile(tile: Tile, width: number, fonts: Fonts): Promise<Markup> {
  const { right, text: verdict, guesses } = verdictOf(tile);
  const left = matSide + 26;
  const room = width - left - 14;
  const colour = right ? palette.right : palette.wrong;
  const rows = guesses.map(({ label, probability, hit }, index) => {
    const y = 53 + 21 * index;
    const share = wholePercent(probability);
    const face = hit ? fonts.bold : fonts.regular;
    const indent = hit ? 15 : 0;
    const fitted = face.fit(label, 13.5, room - 18 - indent - fonts.regular.width(share, 13));
    const labelStyle = { size: 13.5, bold: hit, fill: hit ? palette.right : palette.ink };
    const shareStyle = { size: 13, fill: palette.muted, anchor: 'end' } as const;
    return markup`
${element('rect', { x: left, y, width: room * probability, height: 19, rx: 3, fill: palette.bar })}
${hit ? sign(true, left + 5, y + 4.5, palette.right, 10) : undefined}
${text(fitted, { x: left + 5 + indent, y: y + 14, ...labelStyle })}
${text(share, { x: left + room - 5, y: y + 14, ...shareStyle })}`;
  });
  const fittedVerdict = fonts.bold.fit(verdict, 13, room - 17);
  return markup`
${panel(width, tileHeight, palette.card, right ? palette.right : palette.edge, right ? 2 : 1)}
${await mat(tile)}
${text(fonts.bold.fit(tile.truth, 14.5, room), { size: 14.5, bold: true, x: left, y: 25 })}
${sign(right, left, 33, colour, 11)}
${text(fittedVerdict, { size: 13, bold: true, x: left + 17, y: 43.5, fill: colour })}
${rows}`;
}

async function mat({ image, key }: Tile): Promise<Markup> {
  const size = matSide - 12;
  const source = await thumbnail(image, size * 2, 'png');
  const drawn = source
    ? element('image', { x: 20, y: 22, width: size, height: size, href: source })
    : text('no image', { size: 12, x: 14 + matSide / 2, y: 66, anchor: 'middle', fill: palette.muted });
  const behind = element('rect', { x: 14, y: 16, width: matSide, height: matSide, rx: 7, fill: palette.mat });
  return element('g', { 'data-key': key }, behind, drawn);
}

/** A tick or a cross in a square of side `size` whose top left corner is (x, y). */
function sign(right: boolean, x: number, y: number, colour: string, size: number): Markup {
  return element('path', {
    transform: `translate(${x} ${y}) scale(${size})`,
    d: right ? 'M0 .55L.36 .92L1 .12' : 'M.08 .08L.92 .92M.92 .08L.08 .92',
    fill: 'none',
    stroke: colour,
    'stroke-width': 0.2,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  });
}
