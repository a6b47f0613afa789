import { describe, expect, it } from 'vitest';
import { parseClipConfig } from '#protocol/run/run-config.js';
import { modelZoo, preset, presetNames } from './presets.js';

describe('presets', () => {
  it('are valid configs with their defaults filled in', () => {
    for (const name of presetNames()) expect(parseClipConfig(preset(name), name)).toEqual(preset(name));
  });

  it("are open_clip's: ViT-g-14 has heads 88 wide and a hidden layer 6144 wide", () => {
    expect(preset('ViT-g-14')).toEqual({
      embed_dim: 1024,
      quick_gelu: false,
      vision_cfg: { image_size: 224, layers: 40, width: 1408, patch_size: 14, head_width: 88, mlp_ratio: 4.3637 },
      text_cfg: { context_length: 77, vocab_size: 49_408, width: 1024, heads: 16, layers: 24, mlp_ratio: 4 },
    });
  });

  it('-quickgelu variants differ only in the activation', () => {
    for (const name of ['ViT-B-32', 'RN50x64'])
      expect(preset(`${name}-quickgelu`)).toEqual({ ...preset(name), quick_gelu: true });
  });
});

describe('names', () => {
  it.each([
    ['ViT-B/32', 'ViT-B-32'],
    ['ViT-L/14@336px', 'ViT-L-14-336'],
    ['vit_l_14_336', 'ViT-L-14-336'],
    ['rn50X64', 'RN50x64'],
    ['VIT-BIGG-14', 'ViT-bigG-14'],
    ['vit-b/32-QuickGELU', 'ViT-B-32-quickgelu'],
    ['ViT-g/14', 'ViT-g-14'],
    ['ViT-G/14', 'ViT-bigG-14'],
    ['ViT-G-14', 'ViT-bigG-14'],
  ])('%s is %s', (asked, name) => {
    expect(modelZoo.find(asked)).toEqual({ name, config: preset(name) });
  });

  it('no two names become the same when case and separators are ignored', () => {
    for (const name of presetNames()) expect(modelZoo.find(name)?.name).toBe(name);
  });

  it('an unknown name finds no model, and the nearest names are suggested', () => {
    for (const name of ['ViT-Z-99', 'toString', '']) expect(modelZoo.find(name)).toBeUndefined();
    expect(modelZoo.nearest('ViT-B32')[0]).toBe('ViT-B-32');
    expect(modelZoo.nearest('resnet50x16')[0]).toBe('RN50x16');
    expect(modelZoo.nearest('vitl14@336')[0]).toBe('ViT-L-14-336');
  });
});
