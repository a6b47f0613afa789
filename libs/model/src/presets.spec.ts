import { describe, expect, it } from 'vitest';
import { sizeOf } from '#engine/tensor-spec.js';
import { clipConfigSchema } from '#protocol/run-config.js';
import { parameterSpecs } from './parameters.js';
import { preset, presetNames } from './presets.js';

// Totals of open_clip's docs/model_profile.csv, to the unit.
const counts: Readonly<Record<string, readonly [total: number, image: number, text: number]>> = {
  'ViT-B-32': [151_277_313, 87_849_216, 63_428_096],
  'ViT-B-16': [149_620_737, 86_192_640, 63_428_096],
  'ViT-L-14': [427_616_513, 303_966_208, 123_650_304],
  'ViT-L-14-336': [427_944_193, 304_293_888, 123_650_304],
  'ViT-S-32-alt': [43_224_449, 22_592_640, 20_631_808],
  'ViT-S-32': [63_085_825, 22_641_792, 40_444_032],
  'ViT-S-16': [62_257_537, 21_813_504, 40_444_032],
  'ViT-M-32': [103_119_873, 39_691_776, 63_428_096],
  'ViT-H-14': [986_109_441, 632_076_800, 354_032_640],
  'ViT-bigG-14': [2_539_567_105, 1_844_907_264, 694_659_840],
};

describe('presets', () => {
  it.each(Object.entries(counts))('%s has the published number of parameters', (name, [total, image, text]) => {
    const specs = parameterSpecs(preset(name)!);
    const count = (tower?: string): number =>
      specs.filter((spec) => tower === undefined || spec.tower === tower).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    expect([count(), count('image'), count('text')]).toEqual([total, image, text]);
  });

  it('are valid configs', () => {
    for (const name of presetNames()) expect(clipConfigSchema.parse(preset(name))).toEqual(preset(name));
  });

  it('-quickgelu variants differ in the activation only', () => {
    expect(preset('ViT-B-32-quickgelu')).toEqual({ ...preset('ViT-B-32'), quick_gelu: true });
  });

  it('an unknown name is none', () => {
    expect(preset('ViT-Z-99')).toBeUndefined();
    expect(preset('toString')).toBeUndefined();
  });
});
