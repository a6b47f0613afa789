import { wholePercent } from '../figures.js';
import { markup, type Markup } from './markup.js';
import type { Gallery, Tile } from '../report.js';
import { thumbnail } from '../picture/thumbnail.js';
import { verdictOf } from '../verdict.js';

/** Longer side of an image in the page, in pixels: nearly twice what it is shown at, for dense screens. */
const thumbnailPixels = 160;

/** A gallery as a section of the HTML page. */
export async function galleryView(gallery: Gallery): Promise<Markup> {
  const tiles = await Promise.all(gallery.tiles.map(tileView));
  return markup`<section class="gallery">
<h2>${gallery.heading}</h2>
<p class="note">${gallery.note}</p>
<ul class="tiles">${tiles}</ul>
</section>`;
}

async function tileView(tile: Tile): Promise<Markup> {
  const { right, text, guesses } = verdictOf(tile);
  const source = await thumbnail(tile.image, thumbnailPixels, 'webp');
  const image = source
    ? markup`<img src="${source}" alt="${tile.truth}" loading="lazy">`
    : markup`<span class="lost">no image</span>`;
  const rows = guesses.map(
    ({ label, probability, hit }) => markup`
<li class="${hit ? 'hit' : ''}" style="--share:${(100 * probability).toFixed(1)}%" title="${label}">
<span class="label">${hit ? '✓ ' : ''}${label}</span>
<span class="share">${wholePercent(probability)}</span>
</li>`,
  );
  return markup`<li class="tile ${right ? 'right' : 'wrong'}">
<div class="mat">${image}</div>
<div class="said">
<h3 title="${tile.truth}">${tile.truth}</h3>
<p class="verdict"><span class="sign" aria-hidden="true">${right ? '✓' : '✗'}</span> ${text}</p>
<ol>${rows}</ol>
</div>
</li>
`;
}
