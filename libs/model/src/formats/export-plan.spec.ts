import { expect, it } from 'vitest';
import { preset } from '../zoo/presets.js';
import { exportWarnings, planExport } from './export-plan.js';

it('warns if a reader encodes captions differently from the model', () => {
  const config = preset('ViT-B-32-quickgelu')!;
  const other = {
    ...config,
    text_cfg: { ...config.text_cfg, no_causal_mask: true, pool_type: 'last' as const, norm_kwargs: { eps: 1e-6 } },
  };
  for (const format of ['huggingface', 'openai'] as const) {
    expect(exportWarnings(config, format)).toEqual([]);
    expect(exportWarnings(other, format)).toEqual([
      'the reader hides from each token those after it, this model does not: its results will differ',
      "the reader takes a caption's end token, this model its last: its results will differ",
      "the reader's norms add 0.00001 to the variance, this model's text tower 0.000001: its results will differ",
    ]);
  }
  expect(exportWarnings(other, 'open_clip')).toEqual([]);
});

it("exports logit_bias under its name, but refuses it for Hugging Face's CLIPModel", () => {
  const config = { ...preset('ViT-B-32-quickgelu')!, init_logit_bias: -10 };
  expect(
    planExport(config, 'open_clip')
      .filter(({ name }) => name.startsWith('logit_'))
      .map(({ name, shape }) => [name, shape]),
  ).toEqual([
    ['logit_scale', []],
    ['logit_bias', []],
  ]);
  expect(() => planExport(config, 'huggingface')).toThrow("has no place for 1 of the model's tensors: logit_bias");
  expect(exportWarnings(config, 'openai')).toEqual([
    "OpenAI's code has no logit_bias: loaded strictly, this model is refused",
  ]);
});
