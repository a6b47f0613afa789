import sharp from 'sharp';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { openStore } from '#store/open-store.js';

const colours = {
  red: [220, 40, 40],
  green: [40, 180, 60],
  blue: [50, 80, 220],
  yellow: [230, 210, 40],
  black: [10, 10, 10],
} as const;
const shapes = ['disc', 'square', 'bar', 'cross'] as const;

/** Writes a data set of coloured shapes: 20 groups of `perGroup` pairs, with two captions per pair. */
export async function writeTinyData(directory: string, perGroup = 2): Promise<void> {
  const store = openStore(directory);
  const writer = datasetWriter(store, { name: 'shapes', licences: [] });
  for (let copy = 0; copy < perGroup; copy++) {
    for (const [colour, rgb] of Object.entries(colours)) {
      for (const shape of shapes) {
        await writer.add({
          key: `${colour}-${shape}-${copy}`,
          image: await drawing(rgb, shape, 5 + copy),
          extension: 'png',
          captions: [`a ${colour} ${shape}`, `${shape}, ${colour}`],
          group: `${colour} ${shape}`,
        });
      }
    }
  }
  await writer.finish();
  await store.close();
}

function drawing(rgb: readonly number[], shape: (typeof shapes)[number], radius: number): Promise<Uint8Array> {
  const side = 20;
  const pixels = Buffer.alloc(side * side * 3, 255);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [Math.abs(x - side / 2), Math.abs(y - side / 2)];
      const inside = {
        disc: dx * dx + dy * dy < radius * radius,
        square: Math.max(dx, dy) < radius,
        bar: dy < 3,
        cross: Math.min(dx, dy) < 2,
      }[shape];
      if (inside) pixels.set(rgb, (y * side + x) * 3);
    }
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}
