import { dirname, resolve } from 'node:path';
import type { Normalisation } from '#data/image/normalisation.js';
import type { ImagePreparation } from '#data/image/evaluation-image.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { preprocessingBeside, type Preprocessing } from '#weights/preprocessing.js';
import type { ModelOptions } from './model-options.js';
import { normalisationNames, normalisations } from './normalisations.js';

/**
 * How the images of an ONNX model are prepared: as the options say, and for the rest as a preprocessor_config.json
 * beside the file or in the folder above says. Throws CONFIG_INVALID where neither names a normalisation: any guess
 * would give wrong results without an error.
 */
export async function onnxPreparation(path: string, options: ModelOptions): Promise<ImagePreparation> {
  const beside = await besideFile(path);
  const asked = normalisationOf(options);
  const normalisation = asked ?? beside;
  if (!normalisation)
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `ONNX model ${path}: expected to be told how pixels are normalised, found no ` +
        `preprocessor_config.json beside it.`,
      help: `Give --normalisation (${normalisationNames.join(', ')}), or --mean and --std.`,
    });
  const { size, resize } = options;
  if (resize !== undefined && size !== undefined && resize < size)
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `--resize: expected at least --size, ${size} pixels, got ${resize}.`,
      help: 'The centre is cropped from the resized image: give a larger --resize.',
    });
  const isBilinear = (options.interpolation ?? beside?.interpolation) === 'bilinear';
  return {
    mean: normalisation.mean,
    std: normalisation.std,
    interpolation: isBilinear ? 'bilinear' : 'bicubic',
    resizeMode: (options.squash ?? beside?.resize_mode === 'squash') ? 'squash' : 'shortest',
    ...(resize !== undefined && { resizedSide: resize }),
  };
}

function normalisationOf({ normalisation, mean, std }: ModelOptions): Normalisation | undefined {
  if (mean === undefined && std === undefined) return normalisation && normalisations[normalisation];
  if (mean && std && normalisation === undefined && std.every((value) => value > 0)) return { mean, std };
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: '--mean, --std: expected both, --std above 0, and no --normalisation with them.',
    help: 'Give --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225, or --normalisation imagenet.',
  });
}

/** Exports of transformers have the file in a folder `onnx` below the document. */
async function besideFile(path: string): Promise<Preprocessing | undefined> {
  const folder = dirname(resolve(path));
  for (const place of [folder, dirname(folder)]) {
    const store = openStore(place);
    const found = await preprocessingBeside(store, undefined);
    await store.close();
    if (found) return found;
  }
  return undefined;
}
