import { heldOutStyle, seenStyle } from '#data/prepare/emoji/emoji-datasets.js';
import { readIconSet } from '#data/prepare/emoji/icon-set.js';
import { packagesFolder } from './demo-folder.js';

/**
 * The evaluated drawings as SVG, sharp at any size, by their keys, such as `openmoji_1f600`. The data sets hold them at
 * 48 pixels, which is enough for the model.
 */
export type Drawings = (key: string) => Uint8Array | undefined;

/** Pixels where the size of an SVG is not chosen by who shows it. */
const side = 160;

export async function readDrawings(): Promise<Drawings> {
  const sets = await Promise.all([heldOutStyle, seenStyle].map((style) => readIconSet(packagesFolder, style)));
  return (key) => {
    const set = sets.find(({ style }) => key.startsWith(`${style}_`));
    const icon = set?.iconOfCode.get(key.slice(set.style.length + 1));
    return icon === undefined ? undefined : set?.svg(icon, side);
  };
}

/** An SVG as the address of an image. */
export function svgAddress(svg: Uint8Array): string {
  return `data:image/svg+xml,${new TextDecoder().decode(svg).replace(/[#%]/g, encodeURIComponent)}`;
}
