import { describe, expect, it } from 'vitest';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { contrastiveLossFlops, forwardFlops, publishedFlops, trainingFlops } from './flops.js';

describe('forwardFlops', () => {
  it('counts a model small enough to count by hand', () => {
    const config: ClipConfig = {
      embed_dim: 5,
      quick_gelu: false,
      vision_cfg: { image_size: 4, patch_size: 2, width: 3, layers: 1, head_width: 3, mlp_ratio: 2 },
      text_cfg: { context_length: 2, vocab_size: 16, width: 4, heads: 1, layers: 1, mlp_ratio: 1 },
    };
    // 4 patches of 12 values; 5 positions through query, key, value, output (3 → 3) and MLP (3 → 6 → 3), two 5 × 5 × 3
    // matmuls; 3 → 5.
    expect(forwardFlops(config, 'image')).toBe(2 * (4 * 12 * 3 + 5 * (4 * 9 + 2 * 18) + 2 * 75 + 15));
    // 2 positions through 4 → 4 four times and MLP (4 → 4 → 4), two 2 × 2 × 4 matmuls; 4 → 5.
    expect(forwardFlops(config, 'text')).toBe(2 * (2 * (4 * 16 + 2 * 16) + 2 * 16 + 20));
    expect(publishedFlops(config, 'image')).toBe(forwardFlops(config, 'image'));
    expect(trainingFlops(config)).toBe(3 * (forwardFlops(config, 'image') + forwardFlops(config, 'text')));
  });

  it('counts a ResNet small enough to count by hand, with one query in its attention pool and with all', () => {
    const config: ClipConfig = {
      embed_dim: 5,
      quick_gelu: false,
      vision_cfg: { image_size: 32, layers: [1, 1, 1, 1], width: 2, patch_size: null, head_width: 64 },
      text_cfg: { context_length: 2, vocab_size: 16, width: 4, heads: 1, layers: 1, mlp_ratio: 1 },
    };
    const stem = 16 ** 2 * 9 * (3 * 1 + 1 * 1 + 1 * 2);
    // Each stage: 1 × 1 and 3 × 3 at the size of its input, 1 × 1 and the shortcut's 1 × 1 at the size of its output.
    const stages = [
      8 ** 2 * (2 * 2 + 9 * 2 * 2) + 8 ** 2 * (2 * 8 + 2 * 8),
      8 ** 2 * (8 * 4 + 9 * 4 * 4) + 4 ** 2 * (4 * 16 + 8 * 16),
      4 ** 2 * (16 * 8 + 9 * 8 * 8) + 2 ** 2 * (8 * 32 + 16 * 32),
      2 ** 2 * (32 * 16 + 9 * 16 * 16) + 1 ** 2 * (16 * 64 + 32 * 64),
    ].reduce((sum, products) => sum + products);
    // Keys and values of the mean and of the one place. For each query: itself, two matmuls with both, and 64 → 5.
    const pool = (queries: number): number => 2 * 2 * 64 ** 2 + queries * (64 ** 2 + 2 * 2 * 64 + 64 * 5);
    expect(forwardFlops(config, 'image')).toBe(2 * (stem + stages + pool(1)));
    expect(publishedFlops(config, 'image')).toBe(2 * (stem + stages + pool(2)));
    expect(publishedFlops(config, 'text')).toBe(forwardFlops(config, 'text'));
  });
});

it('contrastiveLossFlops: four matmuls of N × d × N', () => {
  expect(contrastiveLossFlops(10, 3)).toBe(4 * 2 * 10 * 3 * 10);
});
