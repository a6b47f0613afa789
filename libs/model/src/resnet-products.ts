import { resNetWidth, type ResNetConfig } from '#protocol/vision-config.js';
import { bottlenecks } from './resnet-shape.js';

/** Multiply-adds of one image's way through a ResNet: its convolutions and its attention pool, which has one query. */
export function resNetProducts(vision: ResNetConfig, embedWidth: number): number {
  const { width, image_size: size } = vision;
  const stem = (size / 2) ** 2 * 9 * ((3 * width) / 2 + (width / 2) ** 2 + width ** 2 / 2);
  const blocks = bottlenecks(vision).map(({ from, width: inner, to, side, stride, projects }) => {
    const full = side ** 2 * (from * inner + 9 * inner ** 2);
    return full + (side / stride) ** 2 * (inner * to + (projects ? from * to : 0));
  });
  const [w, positions] = [resNetWidth(vision), (size / 32) ** 2 + 1];
  const pool = w ** 2 + positions * 2 * w ** 2 + 2 * positions * w + w * embedWidth;
  return stem + blocks.reduce((sum, products) => sum + products, 0) + pool;
}
