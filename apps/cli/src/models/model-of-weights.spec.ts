import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialParameters } from '#model/parameters/initialise.js';
import type { ClipConfig, RunConfigInput } from '#protocol/run/run-config.js';
import { writeWeights } from '#weights/write-weights.js';
import { withModelOfWeights } from './model-of-weights.js';

const config = {
  embed_dim: 8,
  quick_gelu: true,
  vision_cfg: { image_size: 16, layers: 1, width: 64, patch_size: 8, head_width: 64, mlp_ratio: 1 },
  text_cfg: { context_length: 8, vocab_size: 50, width: 64, heads: 1, layers: 1, mlp_ratio: 1 },
} as ClipConfig;
const document = (more: Partial<RunConfigInput>): RunConfigInput => ({ name: 'a', ...more }) as RunConfigInput;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-model-'));
  const values = initialParameters(config, 1);
  for (const [to, format] of [
    ['hf', 'huggingface'],
    ['alone.safetensors', 'open_clip'],
  ] as const) {
    await writeWeights({ config, read: async (name) => values[name]! }, join(folder, to), { format, dtype: 'float32' });
  }
});
afterAll(() => rm(folder, { recursive: true }));

describe('withModelOfWeights', () => {
  it('takes the model from a config, or from the shapes of the weights and says what it assumed', async () => {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    for (const init of [join(folder, 'hf'), { weights: join(folder, 'hf'), only: ['image'] }]) {
      expect(await withModelOfWeights(document({ init }), {}, say)).toEqual({ name: 'a', init, model: config });
    }
    expect(said).toEqual([]);
    const { model } = await withModelOfWeights(document({ init: join(folder, 'alone.safetensors') }), {}, say);
    expect(model).toEqual({ ...config, quick_gelu: false });
    expect(said.join()).toContain('the activation is GELU; name the model');
  });

  it('leaves other documents as they are', async () => {
    for (const other of [
      document({}),
      document({ model: 'ViT-B-32', init: 'nowhere' }),
      document({ init: 3 as unknown as string }),
      null as unknown as RunConfigInput,
    ]) {
      expect(await withModelOfWeights(other, {}, () => undefined)).toBe(other);
    }
    await expect(
      withModelOfWeights(document({ init: join(folder, 'nowhere') }), {}, () => undefined),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
