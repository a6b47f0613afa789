import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { hiddenWidth } from '../parameters/parameters.js';
import { poolPositions, resNetMacs } from './resnet-macs.js';
import type { TowerName } from '../towers/tower-step.js';

/**
 * Floating-point operations of one sample in the forward pass of a tower: two for each multiply-add of its matmuls,
 * which include the convolutions and the projection into the shared space. Norms, activations, softmax and the look-up
 * of tokens count nothing. A block with L positions, width w and hidden width h has 4·L·w² + 2·L·w·h + 2·L²·w
 * multiply-adds. A ResNet's attention pool has one query.
 */
export function forwardFlops(config: ClipConfig, tower: TowerName): number {
  return 2 * towerMacs(config, tower, 1);
}

/**
 * forwardFlops with a query at each position of a ResNet's attention pool, of which all but one are discarded. Source:
 * open_clip docs/model_profile.csv counts in this way.
 */
export function publishedFlops(config: ClipConfig, tower: TowerName): number {
  const { vision_cfg: vision } = config;
  return 2 * towerMacs(config, tower, isResNet(vision) ? poolPositions(vision) : 1);
}

/**
 * Floating-point operations of a training step for one pair: both towers forward, and backward, which counts as twice
 * the forward pass. What a step recomputes costs time, but does not count as work.
 */
export function trainingFlops(config: ClipConfig): number {
  return 3 * (forwardFlops(config, 'image') + forwardFlops(config, 'text'));
}

/**
 * Floating-point operations of CLIP's softmax loss and its gradients for N pairs of width d, tile by tile. It has
 * 4·N²·d multiply-adds: one matmul for the similarities, one to compute them again, and one for the gradient of each
 * side.
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

/** Multiply-adds of a tower's blocks with L = `positions`. */
function blockMacs(
  tower: { readonly width: number; readonly layers: number; readonly mlp_ratio: number },
  positions: number,
): number {
  const { width, layers } = tower;
  return layers * positions * width * (4 * width + 2 * hiddenWidth(tower) + 2 * positions);
}
