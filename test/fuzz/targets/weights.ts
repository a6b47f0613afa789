import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openModelWeights } from '#weights/model-weights.js';
import { writeWeights } from '#weights/write-weights.js';
import { huggingFaceTokenizer } from '#data/text/hugging-face-tokenizer.js';
import { randomWeights, weightsOf } from '../../support/models/random-weights.js';
import { tinyClipConfig, tinyTokenizer } from '../../support/models/tiny-clip.js';
import type { Chance } from '../chance.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-document.js';
import type { Target } from '../target.js';
import { damaged } from './safetensors.js';
import { readAll } from './torch.js';

const listName = 'model.safetensors.index.json';

/**
 * Folders of Hugging Face and open_clip: weights in one file or in several that an index lists, with config and
 * tokenizer.
 */
export const weights: Target = {
  cases: 250,
  async open(root) {
    const model = weightsOf(tinyClipConfig, randomWeights(tinyClipConfig, 3));
    const documents = { 'tokenizer.json': huggingFaceTokenizer(tinyTokenizer()) };
    const folders = await Promise.all(
      (['huggingface', 'open_clip'] as const).map(async (format) => {
        const folder = join(root, format);
        const names = (await writeWeights(model, folder, { format, dtype: 'bfloat16', documents })).map((url) =>
          url.slice(url.lastIndexOf('/') + 1),
        );
        return { folder, names: format === 'huggingface' ? await listed(folder, names) : names };
      }),
    );
    return {
      async run(chance) {
        const { folder, names } = chance.pick(folders);
        const name = chance.pick(names);
        const old = await readFile(join(folder, name));
        await writeFile(join(folder, name), changed(name, old, chance));
        try {
          await readAll(await openModelWeights(folder, chance.oneIn(2) ? { isResized: true } : {}));
        } finally {
          await writeFile(join(folder, name), old);
        }
      },
    };
  },
};

/** The same weights as an index that lists one file. The file is renamed, so that the reader finds the index. */
async function listed(folder: string, names: readonly string[]): Promise<string[]> {
  const bytes = await readFile(join(folder, 'model.safetensors'));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()))) as object;
  const part = 'model-00001-of-00001.safetensors';
  const list = {
    metadata: { total_size: bytes.length },
    weight_map: Object.fromEntries(Object.keys(header).map((name) => [name, part])),
  };
  await writeFile(join(folder, part), bytes);
  await writeFile(join(folder, listName), JSON.stringify(list));
  await rm(join(folder, 'model.safetensors'));
  return [...names.filter((name) => name !== 'model.safetensors'), part, listName];
}

function changed(name: string, old: Buffer, chance: Chance): Buffer {
  if (name.endsWith('.safetensors')) return damaged(old, chance, []);
  return chance.oneIn(6) ? mutateBytes(old, chance) : Buffer.from(mutateJson(JSON.parse(old.toString('utf8')), chance));
}
