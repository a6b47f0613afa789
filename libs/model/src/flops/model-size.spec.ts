// Goal: every model has the same size as open_clip's. Exact numbers of parameters follow from open_clip's shapes; its
// docs/model_profile.csv has measured ones, in millions of parameters and in GFLOPs.
import { describe, expect, it } from 'vitest';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { modelSize, type ModelSize } from './model-size.js';
import { preset, presetNames } from '../zoo/presets.js';

const sizes: Readonly<Record<string, ModelSize>> = {
  RN50: row(102_007_137, 38_316_896, 63_690_240, 12.22, 5.96, 11.59),
  RN101: row(119_688_033, 56_259_936, 63_428_096, 19.54, 5.96, 19.01),
  RN50x4: row(178_300_601, 87_137_080, 91_163_520, 42.56, 9.27, 41.16),
  RN50x16: row(290_979_217, 167_328_912, 123_650_304, 149.39, 13.3, 145.74),
  RN50x64: row(623_258_305, 420_380_352, 202_877_952, 529.11, 23.55, 520.25),
  'ViT-B-32': row(151_277_313, 87_849_216, 63_428_096, 8.82, 5.96),
  'ViT-B-16': row(149_620_737, 86_192_640, 63_428_096, 35.13, 5.96),
  'ViT-L-14': row(427_616_513, 303_966_208, 123_650_304, 162.03, 13.3),
  'ViT-L-14-336': row(427_944_193, 304_293_888, 123_650_304, 381.92, 13.3),
  'ViT-S-32-alt': row(43_224_449, 22_592_640, 20_631_808, 2.29, 1.27),
  'ViT-S-32': row(63_085_825, 22_641_792, 40_444_032, 2.29, 3.38),
  'ViT-S-16': row(62_257_537, 21_813_504, 40_444_032, 9.2, 3.38),
  'ViT-M-32': row(103_119_873, 39_691_776, 63_428_096, 3.99, 5.96),
  'ViT-H-14': row(986_109_441, 632_076_800, 354_032_640, 334.59, 47.09),
  'ViT-bigG-14': row(2_539_567_105, 1_844_907_264, 694_659_840, 967.5, 97.86),
};

/** image_mparams, text_mparams, image_gflops, text_gflops of the rows of docs/model_profile.csv that `sizes` lacks. */
const profiles: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'ViT-M-32-alt': [39.63, 40.44, 3.99, 3.38],
  'ViT-S-16-alt': [21.76, 20.63, 9.2, 1.27],
  'ViT-B-32-256': [87.86, 63.43, 11.5, 5.96],
  'ViT-M-16': [38.59, 63.43, 15.98, 5.96],
  'ViT-B-32-plus-256': [119.13, 91.16, 15.56, 9.27],
  'ViT-B-16-plus': [117.19, 91.16, 47.49, 9.27],
  'ViT-B-16-plus-240': [117.21, 91.16, 54.76, 9.27],
  'ViT-L-16': [304.09, 123.65, 123.11, 13.3],
  'ViT-L-14-280': [304.11, 123.65, 258.49, 13.3],
  'ViT-L-16-320': [304.3, 123.65, 258.63, 13.3],
  'ViT-H-16': [632.23, 354.03, 254.63, 47.09],
  'ViT-g-14': [1012.65, 354.03, 534.06, 47.09],
  'ViT-H-14-378': [632.68, 354.03, 1006.96, 47.09],
  'ViT-e-14': [3807.72, 773.37, 1981.35, 110.1],
};

/**
 * text_mparams and text_gflops of the SigLIP rows. The image towers are not SigLIP's; their blocks are those of the
 * model that is named.
 */
const sigLips: Readonly<Record<string, readonly [millions: number, gigaflops: number, sameBlocks?: string]>> = {
  'ViT-B-16-SigLIP': [110.27, 11.02, 'ViT-B-16'],
  'ViT-B-16-SigLIP-256': [110.27, 11.02],
  'ViT-B-16-SigLIP-384': [110.27, 11.02],
  'ViT-B-16-SigLIP-512': [110.27, 11.02],
  'ViT-L-16-SigLIP-256': [336.19, 39.06],
  'ViT-L-16-SigLIP-384': [336.19, 39.06],
  'ViT-SO400M-14-SigLIP': [449.68, 13.19],
};

describe('modelSize', () => {
  it.each(Object.entries(sizes))('%s has these sizes, exact to the parameter and to 0.01 GFLOP', (name, size) => {
    expect(modelSize(preset(name)!)).toEqual(size);
  });

  it.each(Object.entries(profiles))(
    '%s has the sizes that open_clip measured',
    (name, [imageMillions, textMillions, image, text]) => {
      const { parameters, gigaflops } = modelSize(preset(name)!);
      expect([parameters.image / 1e6, parameters.text / 1e6].map((millions) => Number(millions.toFixed(2)))).toEqual([
        imageMillions,
        textMillions,
      ]);
      expect([gigaflops.image, gigaflops.text]).toEqual([image, text]);
      expect(gigaflops.imageOnePoolQuery).toBe(image);
    },
  );

  it.each(Object.entries(sigLips))(
    "%s: the text tower is as large as open_clip's",
    (name, [textMillions, text, sameBlocks]) => {
      const { parameters, gigaflops } = modelSize(preset(name)!);
      expect([Number((parameters.text / 1e6).toFixed(2)), gigaflops.text]).toEqual([textMillions, text]);
      if (!sameBlocks) return;
      const blocks = (one: string): number => modelSize(preset(one)!).parameters.image - preset(one)!.embed_dim * 768;
      expect(blocks(name)).toBe(blocks(sameBlocks));
    },
  );

  it('no model of the zoo is left out', () => {
    const plain = presetNames().filter((name) => !name.endsWith('-quickgelu'));
    expect(new Set(plain)).toEqual(new Set([...Object.keys(sizes), ...Object.keys(profiles), ...Object.keys(sigLips)]));
    for (const name of presetNames().filter((one) => !plain.includes(one)))
      expect(modelSize(preset(name)!)).toEqual(modelSize(preset(name.replace('-quickgelu', ''))!));
  });

  it('counts what a config adds: a bias of the projection, a bias of the logits', () => {
    const config: ClipConfig = preset('ViT-B-32')!;
    const withBias = { ...config, text_cfg: { ...config.text_cfg, proj_bias: true } };
    expect(modelSize(withBias).parameters.text - modelSize(config).parameters.text).toBe(512);
    expect(modelSize({ ...config, init_logit_bias: -10 }).parameters).toEqual({
      ...modelSize(config).parameters,
      total: 151_277_314,
    });
  });
});

function row(
  total: number,
  image: number,
  text: number,
  imageGigaflops: number,
  textGigaflops: number,
  imageOnePoolQuery = imageGigaflops,
): ModelSize {
  return {
    parameters: { total, image, text },
    gigaflops: { image: imageGigaflops, text: textGigaflops, imageOnePoolQuery },
  };
}
