import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { avgPool } from './avg-pool.js';
import { batchNorm, type NormStatistics } from './batch-norm.js';
import { convolution } from './convolution.js';
import type { NamedTensors } from '../parameters/named-values.js';
import { relu } from './relu.js';
import type { BottleneckShape } from '../towers/resnet-shape.js';

/**
 * A residual block of three convolutions: relu(norm(conv3(…)) + shortcut(x)). A block that halves the image averages 2
 * × 2 pixels instead of using a strided convolution. x [b, H, W, from] → [b, H/stride, W/stride, to]. Source: He et al.
 * 2016, §4.1; the averages, He et al. 2019, ResNet-D, and CLIP §2.4; open_clip modified_resnet.py.
 */
export function bottleneck(
  x: Tensor,
  p: NamedTensors,
  { prefix, stride, projects }: BottleneckShape,
  statistics: NormStatistics,
): Tensor {
  const norm = (y: Tensor, name: string): Tensor => batchNorm(y, p, `${prefix}.${name}`, statistics);
  const narrow = relu(norm(convolution(x, p, `${prefix}.conv1`), 'bn1')); // [b, H, W, width]
  const mixed = relu(norm(convolution(narrow, p, `${prefix}.conv2`), 'bn2'));
  const wide = norm(convolution(avgPool(mixed, stride), p, `${prefix}.conv3`), 'bn3'); // [b, H/stride, W/stride, to]
  const shortcut = projects ? norm(convolution(avgPool(x, stride), p, `${prefix}.downsample.0`), 'downsample.1') : x;
  return relu(tf.add(wide, shortcut));
}
