import { wholePercent } from '../figures.js';
import { markup, type Markup } from '../page/markup.js';
import { lightPalette as palette } from '../palette.js';
import { block, panel, text, type Block, type Fonts } from './picture-block.js';
import type { Gallery, Tile } from '../report.js';
import { thumbnail } from './thumbnail.js';
import { verdictOf } from '../verdict.js';

const COLUMNS = 3;
const GAP = 12;
const MAT = 92;
const TILE_HEIGHT = 124;
/** More would make the picture taller than anyone scrolls; the page shows them all. */
const TILES_SHOWN = 24;

/** The first tiles of a gallery in rows of three. */
export async function galleryBlock(gallery: Gallery, width: number, fonts: Fonts): Promise<Block> {
  const shown = gallery.tiles.slice(0, TILES_SHOWN);
  const tileWidth = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  const tiles = await Promise.all(
    shown.map(async (tile, index) => {
      const x = (index % COLUMNS) * (tileWidth + GAP);
      const y = 66 + Math.floor(index / COLUMNS) * (TILE_HEIGHT + GAP);
      return markup`<g transform="translate(${x} ${y})">${await pictureTile(tile, tileWidth, fonts)}</g>\n`;
    }),
  );
  const rows = Math.ceil(shown.length / COLUMNS);
  return block(
    [
      text(fonts.bold.fit(gallery.heading, 20, width), { size: 20, bold: true, y: 24 }),
      text(fonts.regular.fit(gallery.note, 15, width), { size: 15, y: 48, fill: palette.muted }),
      ...tiles,
    ],
    66 + rows * (TILE_HEIGHT + GAP) - GAP,
  );
}

async function pictureTile(tile: Tile, width: number, fonts: Fonts): Promise<Markup> {
  const { right, text: verdict, guesses } = verdictOf(tile);
  const left = MAT + 26;
  const room = width - left - 14;
  const colour = right ? palette.right : palette.wrong;
  const rows = guesses.map(({ label, probability, hit }, index) => {
    const y = 53 + 21 * index;
    const share = wholePercent(probability);
    const face = hit ? fonts.bold : fonts.regular;
    const indent = hit ? 15 : 0;
    const fitted = face.fit(label, 13.5, room - 18 - indent - fonts.regular.width(share, 13));
    return markup`<rect x="${left}" y="${y}" width="${room * probability}" height="19" rx="3" fill="${palette.bar}"/>${hit ? sign(true, left + 5, y + 4.5, palette.right, 10) : undefined}
${text(fitted, { size: 13.5, bold: hit, x: left + 5 + indent, y: y + 14, fill: hit ? palette.right : palette.ink })}${text(share, { size: 13, x: left + room - 5, y: y + 14, anchor: 'end', fill: palette.muted })}`;
  });
  return markup`${panel(width, TILE_HEIGHT, palette.card, right ? palette.right : palette.edge, right ? 2 : 1)}${await mat(tile)}
${text(fonts.bold.fit(tile.truth, 14.5, room), { size: 14.5, bold: true, x: left, y: 25 })}
${sign(right, left, 33, colour, 11)}${text(fonts.bold.fit(verdict, 13, room - 17), { size: 13, bold: true, x: left + 17, y: 43.5, fill: colour })}${rows}`;
}

async function mat({ image, key }: Tile): Promise<Markup> {
  const size = MAT - 12;
  const source = await thumbnail(image, size * 2, 'png');
  const drawn = source
    ? markup`<image x="20" y="22" width="${size}" height="${size}" href="${source}"/>`
    : text('no image', { size: 12, x: 14 + MAT / 2, y: 66, anchor: 'middle', fill: palette.muted });
  return markup`<g data-key="${key}"><rect x="14" y="16" width="${MAT}" height="${MAT}" rx="7" fill="${palette.mat}"/>${drawn}</g>`;
}

/** A tick or a cross of the given size, its top left corner at (x, y). */
function sign(right: boolean, x: number, y: number, colour: string, size: number): Markup {
  const path = right ? 'M0 .55L.36 .92L1 .12' : 'M.08 .08L.92 .92M.92 .08L.08 .92';
  return markup`<path transform="translate(${x} ${y}) scale(${size})" d="${path}" fill="none" stroke="${colour}" stroke-width=".2" stroke-linecap="round" stroke-linejoin="round"/>`;
}
