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

  it('says what it assumed', () => {
    expect(inferred(preset('ViT-B-32')!).assumed).toEqual(['the activation is GELU']);
    expect(inferred(preset('ViT-B-32')!, true).assumed).toEqual(["the activation is QuickGELU, as in OpenAI's models"]);
    const own = preset('ViT-B-32')!;
    expect(inferred({ ...own, text_cfg: { ...own.text_cfg, layers: 3 } }).assumed).toEqual([
      'heads are 64 wide',
      'the activation is GELU',
    ]);
  });

  it('finds the bias of the projection, and says how it assumes captions are read', () => {
    const own = preset('ViT-B-32')!;
    const config = { ...own, text_cfg: { ...own.text_cfg, proj_bias: true } };
    expect(inferred(config)).toEqual({
      config,
      assumed: ['heads are 64 wide', 'captions are read causally, at their end token', 'the activation is GELU'],
    });
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
