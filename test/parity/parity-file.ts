import { readFileSync } from 'node:fs';
import { requireTensor } from '#model/parameters/named-values.js';
import { clipConfigSchema, type ClipConfig } from '#protocol/run/run-config.js';
import { decodeSafetensors } from '#store/safetensors/safetensors.js';
import { channelsLast } from '../support/models/channels-last.js';
import type { Pairs } from '../support/step-of-pairs.js';

/** What open_clip computed for one small model: features, loss, gradients, and a run of the optimizer. */
export interface ParityFile {
  readonly config: ClipConfig;
  /** N */
  readonly batch: number;
  readonly pairs: Pairs;
  /** All tensors with a name prefix such as `w/` or `grad/`, by the rest of their names. */
  below(prefix: string): Record<string, Float32Array>;
  values(name: string): Float32Array;
}

/** Opens a parity file, or says why our models cannot be compared with it. */
export function openParityFile(path: string): ParityFile | { readonly cannot: string } {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path));
  const config = clipConfigSchema.safeParse(JSON.parse(metadata['config']!));
  if (!config.success)
    return {
      cannot:
        'its config is not one the model library knows: ' +
        `${config.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`,
    };
  const images = requireTensor(tensors, 'in/images');
  const values = (name: string): Float32Array => requireTensor(tensors, name).data as Float32Array;
  return {
    config: config.data,
    batch: images.shape[0]!,
    pairs: { images: channelsLast(images), tokens: Int32Array.from(requireTensor(tensors, 'in/tokens').data, Number) },
    values,
    below: (prefix) =>
      Object.fromEntries(
        Object.keys(tensors)
          .filter((name) => name.startsWith(prefix))
          .map((name) => [name.slice(prefix.length), values(name).slice()]),
      ),
  };
}
