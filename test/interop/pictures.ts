import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { evaluationImage } from '#data/image/evaluation-image.js';
import { pixelMean, pixelStd } from '#data/image/normalisation.js';
import { prepareImageScript } from '#inference/export/export-model.js';
import type { prepareImage } from '#inference/export/prepare-image.js';
import { root } from '../support/source-files.js';

/** expected.json, as make_pictures.py writes it. */
export interface ExpectedPictures {
  readonly versions: Readonly<Record<string, string>>;
  readonly pictures: readonly { readonly name: string; readonly side: number }[];
}

export function readExpectedPictures(folder: string): Promise<ExpectedPictures> {
  return readFile(join(folder, 'expected.json'), 'utf8').then((text) => JSON.parse(text) as ExpectedPictures);
}

/**
 * The largest difference of a picture from what torchvision makes of it, in levels of 255: as Tandem sees it, and as
 * the script beside an ONNX export does. `scratch` is a folder for such scripts.
 */
export async function pictureDifferences(
  folder: string,
  { name, side }: ExpectedPictures['pictures'][number],
  scratch: string,
): Promise<{ readonly seen: number; readonly prepared: number }> {
  const path = join(folder, name);
  const theirs = await sharp(`${path}.png`).toColourspace('srgb').raw().toBuffer();
  const values = await evaluationImage(await readFile(path), side);
  const seen = values.map((value, at) => (value * pixelStd[at % 3]! + pixelMean[at % 3]!) * 255);
  const [prepared] = await (await scriptFor(side, scratch))(path);
  return { seen: distance(seen, theirs), prepared: distance(prepared, theirs) };
}

async function scriptFor(side: number, scratch: string): Promise<typeof prepareImage> {
  await mkdir(scratch, { recursive: true });
  const [script, packages] = [join(scratch, `prepare-${side}.mjs`), join(scratch, 'node_modules')];
  await writeFile(script, prepareImageScript(side));
  await symlink(join(root, 'node_modules'), packages).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return ((await import(pathToFileURL(script).href)) as { prepareImage: typeof prepareImage }).prepareImage;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at]!)), 0);
}

/** The pictures of the repository. */
export const pictureFolder = fileURLToPath(new URL('../../../test/interop/pictures', import.meta.url));
