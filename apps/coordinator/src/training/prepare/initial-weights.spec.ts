// Goal: a run starts from exactly the weights that its document names, with position embeddings resized if they must
// be. Method: real Hugging Face folders and safetensors files, written by libs/weights.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialParameters } from '#model/parameters/initialise.js';
import { resizeGridPositions, resizeTextPositions } from '#model/parameters/position-embedding.js';
import { modelZoo, preset } from '#model/zoo/presets.js';
import { parseRunConfig, type ClipConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { writeWeights } from '#weights/write-weights.js';
import { settledWeights, startingParameters } from './initial-weights.js';

const model = {
  embed_dim: 16,
  quick_gelu: false,
  vision_cfg: { image_size: 16, layers: 1, width: 32, patch_size: 8, head_width: 16, mlp_ratio: 4 },
  text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 1, mlp_ratio: 4 },
} as ClipConfig;
const larger = {
  ...model,
  vision_cfg: { ...model.vision_cfg, image_size: 24 },
  text_cfg: { ...model.text_cfg, context_length: 6 },
};

let folder: string;
let weights: string;
const theirs = initialParameters(model, 77);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-init-'));
  weights = join(folder, 'hf');
  await write(weights, theirs);
});
afterAll(() => rm(folder, { recursive: true }));

async function write(to: string, values: Readonly<Record<string, Float32Array>>): Promise<void> {
  await writeWeights({ config: model, read: async (name) => values[name]! }, to, {
    format: 'huggingface',
    dtype: 'float32',
    replace: true,
  });
}

function run(init: RunConfigInput['init'], of: ClipConfig = model): RunConfig {
  return parseRunConfig(
    {
      name: 'a',
      seed: 4,
      model: of,
      init,
      tokenizer: { kind: 'bpe', vocabulary: 540 },
      data: { train: 'x' },
      batch: 2,
      shards: 1,
      steps: 1,
    },
    modelZoo,
  );
}

describe('initial weights', () => {
  it('are all taken from the file or, with `only`, those it names; the others are drawn from the seed', async () => {
    expect(await startingParameters(run(weights), {})).toEqual(theirs);
    const drawn = initialParameters(model, 4);
    const mixed = await startingParameters(run({ weights, only: ['image', '*.ln_2.bias'] }), {});
    for (const [name, values] of Object.entries(mixed))
      expect(values, name).toEqual((/^visual\.|\.ln_2\.bias$/.test(name) ? theirs : drawn)[name]);
    expect(await startingParameters(run(undefined), {})).toEqual(drawn);
  });

  it('are drawn no further once the run is stopped', async () => {
    // All of ViT-B/32 takes seconds.
    const large = { ...run(undefined), model: preset('ViT-B-32')! };
    const drawing = startingParameters(large, {}, AbortSignal.timeout(50));
    await expect(drawing).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(startingParameters(large, {}, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  it('for another resolution and context length have their position embeddings resized', async () => {
    const fitted = await startingParameters(run(weights, larger), {});
    expect(fitted['visual.positional_embedding']).toEqual(
      resizeGridPositions(theirs['visual.positional_embedding']!, 32, 3),
    );
    expect(fitted['positional_embedding']).toEqual(resizeTextPositions(theirs['positional_embedding']!, 32, 6));
    expect(fitted['visual.proj']).toEqual(theirs['visual.proj']);
  });

  it('of another model are refused with everything that does not fit; the part that fits can be taken', async () => {
    const other = { ...model, text_cfg: { ...model.text_cfg, layers: 2, vocab_size: 540, width: 16 } };
    await expect(startingParameters(run(weights, other), {})).rejects.toThrow(
      new RegExp(
        String.raw`16 missing: text_model\.encoder\.layers\.1\..*\n.*` +
          String.raw`of another shape: positional_embedding: expected \[8, 16\], got \[8, 32\]`,
        's',
      ),
    );
    expect((await startingParameters(run({ weights, only: ['image'] }, other), {}))['visual.proj']).toEqual(
      theirs['visual.proj'],
    );
  });

  it('are identified by their sha256: another file is refused', async () => {
    const path = join(folder, 'changing.safetensors');
    await write(path, theirs);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    const settled = await settledWeights({ weights: path }, model, {});
    expect(settled).toEqual({ init: { weights: path, sha256 }, tokenizer: undefined });
    expect(await startingParameters(run(settled.init), {})).toEqual(theirs);
    await write(path, initialParameters(model, 78));
    await expect(startingParameters(run(settled.init), {})).rejects.toThrow(`expected sha256 ${sha256}`);
    await expect(settledWeights(settled.init, model, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('that are not finite are refused, with the name of the parameter', async () => {
    const path = join(folder, 'infinite.safetensors');
    await write(path, { ...theirs, 'ln_final.bias': new Float32Array(32).fill(Infinity) });
    await expect(startingParameters(run(path), {})).rejects.toThrow('ln_final.bias in');
    await writeFile(path, 'nothing of the kind');
    await expect(startingParameters(run(path), {})).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });
});
