import { describe, expect, it } from 'vitest';
import type { ClipConfig } from '#protocol/run-config.js';
import { contrastiveLossFlops, forwardFlops, trainingFlops } from './flops.js';
import { preset } from './presets.js';

describe('forwardFlops', () => {
  // Columns image_gflops and text_gflops of open_clip docs/model_profile.csv.
  const published: readonly (readonly [string, number, number])[] = [
    ['ViT-S-32-alt', 2.29, 1.27],
    ['ViT-S-32', 2.29, 3.38],
    ['ViT-S-16', 9.2, 3.38],
    ['ViT-M-32', 3.99, 5.96],
    ['ViT-B-32', 8.82, 5.96],
    ['ViT-B-16', 35.13, 5.96],
    ['ViT-L-14', 162.03, 13.3],
    ['ViT-L-14-336', 381.92, 13.3],
    ['ViT-H-14', 334.59, 47.09],
    ['ViT-bigG-14', 967.5, 97.86],
  ];
  for (const [name, image, text] of published) {
    it(`${name} as open_clip counts`, () => {
      const config = preset(name)!;
      expect(inGigaflops(forwardFlops(config, 'image'))).toBe(image);
      expect(inGigaflops(forwardFlops(config, 'text'))).toBe(text);
    });
  }

  it('a ResNet-50 with one query in its attention pool', () => {
    const config: ClipConfig = { ...preset('ViT-B-32')!, embed_dim: 1024, vision_cfg: { image_size: 224, layers: [3, 4, 6, 3], width: 64, patch_size: null, head_width: 64 } };
    expect(inGigaflops(forwardFlops(config, 'image'))).toBe(11.59);
  });

  it('counts a model small enough to count by hand', () => {
    const config: ClipConfig = {
      embed_dim: 5,
      quick_gelu: false,
      vision_cfg: { image_size: 4, patch_size: 2, width: 3, layers: 1, head_width: 3, mlp_ratio: 2 },
      text_cfg: { context_length: 2, vocab_size: 16, width: 4, heads: 1, layers: 1, mlp_ratio: 1 },
    };
    // 4 patches of 12 values; 5 positions through query, key, value, output (3 → 3) and MLP (3 → 6 → 3), two 5 × 5 × 3 products; 3 → 5.
    expect(forwardFlops(config, 'image')).toBe(2 * (4 * 12 * 3 + 5 * (4 * 9 + 2 * 18) + 2 * 75 + 15));
    // 2 positions through 4 → 4 four times and MLP (4 → 4 → 4), two 2 × 2 × 4 products; 4 → 5.
    expect(forwardFlops(config, 'text')).toBe(2 * (2 * (4 * 16 + 2 * 16) + 2 * 16 + 20));
    expect(trainingFlops(config)).toBe(3 * (forwardFlops(config, 'image') + forwardFlops(config, 'text')));
  });
});

it('contrastiveLossFlops: four products of N × d × N', () => {
  expect(contrastiveLossFlops(10, 3)).toBe(4 * 2 * 10 * 3 * 10);
});

function inGigaflops(flops: number): number {
  return Math.round(flops / 1e7) / 100;
}
