import sharp from 'sharp';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import { openStore } from '#store/open-store.js';

/** The side of a picture in pixels, unless another is asked for. */
export const photoSide = 224;
/** Cells per side of the noise: noise at every scale makes a JPEG about as large as that of a photograph. */
const octaves = [7, 14, 28, 56, 112] as const;

/** Different pictures. Pairs take turns with them, under different keys, so that each is decoded anew. */
const drawingCount = 16;

/** Write a data set of JPEG pictures, quality 90, with captions of about ten words. */
export async function writePhotoDataset(directory: string, pairs: number, side: number): Promise<void> {
  const store = openStore(directory);
  const writer = datasetWriter(store, { name: 'photos', licences: [] });
  const drawings = await Promise.all(Array.from({ length: drawingCount }, (_, number) => drawing(number, side)));
  for (let pair = 0; pair < pairs; pair++) {
    await writer.add({
      key: `photo-${pair}`,
      image: drawings[pair % drawingCount]!,
      extension: 'jpg',
      captions: [caption(pair)],
    });
  }
  await writer.finish();
  await store.close();
}

async function drawing(number: number, side: number): Promise<Uint8Array> {
  const sum = new Float32Array(side * side * 3).fill(128);
  for (const cells of octaves) {
    const random = seededRandom(number, `octave ${cells}`);
    const noise = Uint8Array.from({ length: cells * cells * 3 }, () => 256 * random.uniform());
    const grown = await sharp(noise, { raw: { width: cells, height: cells, channels: 3 } })
      .resize(side, side, { kernel: 'cubic' })
      .raw()
      .toBuffer();
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + (2 / cells ** 0.5) * (grown[i]! - 128);
  }
  return sharp(Uint8ClampedArray.from(sum), { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

const words = (
  'a an the old red small wooden house dog boat street child mountain river bridge standing ' +
  'running under over beside morning light with snow and its shadow'
).split(' ');

function caption(pair: number): string {
  const random = seededRandom(pair, 'caption');
  return Array.from({ length: 10 }, () => words[Math.floor(random.uniform() * words.length)]).join(' ');
}
