import { join } from 'node:path';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { openStore } from '#store/open-store.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { encodeFloat32 } from '#store/safetensors/safetensors.js';
import { tinyClipConfig, tinyTokenizer } from './tiny-clip.js';

/** Writes a checkpoint of the tiny model with random weights below a folder, and returns its own folder. */
export async function writeTinyCheckpoint(folder: string): Promise<string> {
  const values = initialParameters(tinyClipConfig, 1);
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const path = await writeCheckpoint(
    openStore(folder),
    'checkpoints',
    { step: 5, epoch: 1 },
    {
      'parameters.safetensors': encodeFloat32(
        Object.fromEntries(
          parameterSpecs(tinyClipConfig).map(({ name, shape }) => [name, { shape, data: values[name]! }]),
        ),
      ),
      'tokenizer.json': json(tinyTokenizer().document),
      'config.json': json({ name: 'tiny', model: tinyClipConfig }),
    },
  );
  return join(folder, path);
}
