import type { ResNetConfig } from '#protocol/run/vision-config.js';

/** A bottleneck: 1×1 convolution `from` → `width` channels, 3×3 `width` → `width`, 1×1 `width` → `to`. */
export interface BottleneckShape {
  /** Prefix of its parameters' names. */
  readonly prefix: string;
  readonly from: number;
  readonly width: number;
  readonly to: number;
  /** Side of the squares that are averaged after the second convolution: 2 halves the image, 1 leaves it as it is. */
  readonly stride: 1 | 2;
  /** Does the shortcut have a convolution? It does if the block changes the number of channels or the size. */
  readonly projects: boolean;
  /** Side of the input, in pixels. */
  readonly side: number;
}

/**
 * Every bottleneck of the four stages, in order. The stem reduces the side of the image to a quarter. Source: open_clip
 * modified_resnet.py.
 */
export function bottlenecks({ layers, width, image_size: size }: ResNetConfig): BottleneckShape[] {
  const blocks: BottleneckShape[] = [];
  let [from, side] = [width, size / 4];
  layers.forEach((count, stage) => {
    const inner = width * 2 ** stage;
    for (let block = 0; block < count; block++) {
      const isFirst = block === 0;
      const stride = isFirst && stage > 0 ? 2 : 1;
      blocks.push({
        prefix: `visual.layer${stage + 1}.${block}`,
        from,
        width: inner,
        to: 4 * inner,
        stride,
        projects: isFirst,
        side,
      });
      [from, side] = [4 * inner, side / stride];
    }
  });
  return blocks;
}

/** Every batch norm, in the order in which images meet them; the norm of a block's shortcut comes last. */
export function batchNorms(vision: ResNetConfig): { readonly prefix: string; readonly channels: number }[] {
  const { width } = vision;
  const stem = [width / 2, width / 2, width].map((channels, index) => ({ prefix: `visual.bn${index + 1}`, channels }));
  const inBlocks = bottlenecks(vision).flatMap(({ prefix, width: inner, to, projects }) => [
    { prefix: `${prefix}.bn1`, channels: inner },
    { prefix: `${prefix}.bn2`, channels: inner },
    { prefix: `${prefix}.bn3`, channels: to },
    ...(projects ? [{ prefix: `${prefix}.downsample.1`, channels: to }] : []),
  ]);
  return [...stem, ...inBlocks];
}
