import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { hiddenWidth } from '../parameters/parameters.js';
import { poolPositions, resNetMacs } from './resnet-macs.js';
import type { TowerName } from '../towers/tower-step.js';

/**
 * Floating-point operations of one sample's way through a tower: two for each multiply-add of its matmuls, the
 * convolutions and the projection into the shared space among them; none for norms, activations, softmax and the
 * look-up of tokens. L positions of width w, hidden width h, per block: 4·L·w² + 2·L·w·h + 2·L²·w multiply-adds. A
 * ResNet's attention pool has one query.
 */
export function forwardFlops(config: ClipConfig, tower: TowerName): number {
  return 2 * towerMacs(config, tower, 1);
}

/**
 * The same with a query at each position of a ResNet's attention pool, of which all but one come to nothing.
 * Source: open_clip docs/model_profile.csv counts so.
 */
export function publishedFlops(config: ClipConfig, tower: TowerName): number {
  const { vision_cfg: vision } = config;
  return 2 * towerMacs(config, tower, isResNet(vision) ? poolPositions(vision) : 1);
}

/**
 * Floating-point operations of a training step for one pair: both towers forward and, as twice the forward pass,
 * backward. What a step computes again counts as time, not as work.
 */
export function trainingFlops(config: ClipConfig): number {
  return 3 * (forwardFlops(config, 'image') + forwardFlops(config, 'text'));
}

/**
 * Floating-point operations of CLIP's softmax loss with its gradients on N pairs of width d, tile by tile: 4·N²·d
 * multiply-adds, one matmul for the similarities, one to have them again, one for each side's gradient.
 */
export function contrastiveLossFlops(batch: number, width: number): number {
  return 8 * batch ** 2 * width;
}

function towerMacs(
  { vision_cfg: vision, text_cfg: text, embed_dim: d }: ClipConfig,
  tower: TowerName,
  poolQueries: number,
): number {
  switch (tower) {
    case 'image': {
      if (isResNet(vision)) return resNetMacs(vision, d, poolQueries);
      const patches = (vision.image_size / vision.patch_size) ** 2;
      const patchValues = 3 * vision.patch_size ** 2;
      return patches * patchValues * vision.width + blockMacs(vision, patches + 1) + vision.width * d;
    }
    case 'text':
      return blockMacs(text, text.context_length) + text.width * d;
  }
}

/** Multiply-adds of a tower's blocks at L positions. */
function blockMacs(
  tower: { readonly width: number; readonly layers: number; readonly mlp_ratio: number },
  positions: number,
): number {
  const { width, layers } = tower;
  return layers * positions * width * (4 * width + 2 * hiddenWidth(tower) + 2 * positions);
}
