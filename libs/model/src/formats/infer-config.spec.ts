import { describe, expect, it } from 'vitest';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { parameterSpecs } from '../parameters/parameters.js';
import { preset, presetNames } from '../zoo/presets.js';
import { inferConfig } from './infer-config.js';

function inferred(config: ClipConfig, isOpenAi = config.quick_gelu): ReturnType<typeof inferConfig> {
  const shapes = new Map(parameterSpecs(config).map(({ name, shape }) => [name, shape]));
  return inferConfig((parameter) => shapes.get(parameter), isOpenAi);
}

describe('inferConfig', () => {
  it.each(presetNames().map((name) => [name, preset(name)!] as const))(
    '%s follows from the shapes of its weights, heads included',
    (_, config) => {
      expect(inferred(config).config).toEqual(config);
    },
  );

  const usual = [
    'heads are 64 wide in the image tower and 64 in the text tower',
    'each token of a caption sees those before it only',
    'a caption is read at its end token, the one of the highest id',
    'norms add 0.00001 to the variance',
  ];

  it('says all that it assumed, whether or not it knows a model of these shapes', () => {
    const own = preset('ViT-B-32')!;
    expect(inferred(own).assumed).toEqual(['the activation is GELU', ...usual]);
    expect(inferred(own, true).assumed).toEqual(["the activation is QuickGELU, as in OpenAI's models", ...usual]);
    expect(inferred({ ...own, text_cfg: { ...own.text_cfg, layers: 3 } }).assumed).toEqual([
      'the activation is GELU',
      ...usual,
    ]);
    expect(inferred(preset('ViT-B-16-SigLIP')!).assumed).toEqual([
      'the activation is GELU',
      usual[0],
      'each token of a caption sees all others',
      'a caption is read at its last token',
      'norms add 0.00001 to the variance, those of the text tower 0.000001',
    ]);
  });

  it('finds the bias of the projection', () => {
    const own = preset('ViT-B-32')!;
    const config = { ...own, text_cfg: { ...own.text_cfg, proj_bias: true } };
    expect(inferred(config)).toMatchObject({ config, assumed: ['the activation is GELU', ...usual] });
  });

  it('finds an mlp_ratio that gives the hidden width, whatever the width', () => {
    const own = preset('ViT-B-32')!;
    for (const hidden of [1407, 6144, 6145, 8193, 4999]) {
      const config = {
        ...own,
        vision_cfg: { ...own.vision_cfg, width: 1408, mlp_ratio: (hidden + 0.5) / 1408 },
      } as ClipConfig;
      const again = parameterSpecs(inferred(config).config);
      expect(again.find(({ name }) => name === 'visual.transformer.resblocks.0.mlp.c_fc.bias')!.shape).toEqual([
        hidden,
      ]);
    }
  });

  it('refuses to guess heads, and names a missing parameter', () => {
    const own = preset('ViT-B-32')!;
    expect(() => inferred({ ...own, text_cfg: { ...own.text_cfg, width: 100, heads: 2 } })).toThrow(
      'widths of 768 and 100 are no multiples of 64',
    );
    expect(() => inferConfig(() => undefined, false)).toThrow('there is no ln_final.weight');
  });
});
