import type { Tensor } from '@tensorflow/tfjs';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { NormStatistics } from './layers/batch-norm.js';
import { imageTower } from './towers/image-tower.js';
import type { NamedTensors } from './parameters/named-values.js';
import { textTower } from './towers/text-tower.js';
import { unitRows } from './layers/unit-rows.js';

/**
 * Embeds images in the shared space. images float32 [b, H, W, 3], already normalised → [b, d], rows of unit length. The
 * batch norms of a ResNet use `statistics`. Source: CLIP Fig. 3.
 */
export function encodeImage(config: ClipConfig, p: NamedTensors, images: Tensor, statistics: NormStatistics): Tensor {
  return unitRows(imageTower(config, p, images, statistics));
}

/**
 * Embeds captions in the shared space. tokens int32 [b, L], where the end token has the highest id → [b, d], rows of
 * unit length. Source: CLIP Fig. 3.
 */
export function encodeText(config: ClipConfig, p: NamedTensors, tokens: Tensor): Tensor {
  return unitRows(textTower(config, p, tokens));
}
