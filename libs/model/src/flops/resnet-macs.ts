import { resNetWidth, type ResNetConfig } from '#protocol/run/vision-config.js';
import { bottlenecks } from '../towers/resnet-shape.js';

/** Number of positions of a ResNet's attention pool: the mean, and one for each 32 × 32 pixels. */
export function poolPositions({ image_size: size }: ResNetConfig): number {
  return (size / 32) ** 2 + 1;
}

/**
 * Multiply-adds of one image in the forward pass of a ResNet: its convolutions, and its attention pool with `queries`
 * queries.
 */
export function resNetMacs(vision: ResNetConfig, embedWidth: number, queries: number): number {
  const { width, image_size: size } = vision;
  const stem = (size / 2) ** 2 * 9 * ((3 * width) / 2 + (width / 2) ** 2 + width ** 2 / 2);
  const blocks = bottlenecks(vision).map(({ from, width: inner, to, side, stride, projects }) => {
    const full = side ** 2 * (from * inner + 9 * inner ** 2);
    return full + (side / stride) ** 2 * (inner * to + (projects ? from * to : 0));
  });
  const [w, positions] = [resNetWidth(vision), poolPositions(vision)];
  const pool = positions * 2 * w ** 2 + queries * (w ** 2 + 2 * positions * w + w * embedWidth);
  return stem + blocks.reduce((sum, products) => sum + products, 0) + pool;
}
