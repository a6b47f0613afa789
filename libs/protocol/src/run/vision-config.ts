import { z } from 'zod';

const blocks = z.int().min(1).max(128);

const visionTransformerSchema = z
  .strictObject({
    image_size: z.int().min(8).max(1024).describe('Side of the square input image, in pixels.'),
    layers: blocks.describe('Transformer blocks of the image tower.'),
    width: z.int().min(8).max(8192).describe('Width of the image tower.'),
    patch_size: z.int().min(1).max(256).describe('Side of a patch, in pixels; must divide image_size.'),
    head_width: z.int().min(1).max(512).default(64).describe('Width of one attention head of the image tower.'),
    mlp_ratio: z
      .number()
      .min(0.5)
      .max(16)
      .default(4)
      .describe("Width of the MLP's hidden layer as a multiple of the tower's width."),
  })
  .meta({ title: 'Vision Transformer' });

const resNetSchema = z
  .strictObject({
    image_size: z
      .int()
      .min(32)
      .max(1024)
      .multipleOf(32)
      .describe('Side of the square input image, in pixels; a multiple of 32.'),
    layers: z.tuple([blocks, blocks, blocks, blocks]).describe('Bottleneck blocks of each of the four stages.'),
    width: z
      .int()
      .min(8)
      .max(512)
      .multipleOf(2)
      .describe('Channels after the stem, an even number; the last stage has 32 times as many.'),
    patch_size: z.null().default(null).describe("null, as in open_clip's configs, or left out."),
    head_width: z
      .int()
      .min(1)
      .max(512)
      .default(64)
      .describe('Width of one head of the attention pool; must divide 32 · width.'),
  })
  .meta({ title: 'ResNet' });

/** An image tower in open_clip's terms: a Vision Transformer, or CLIP's ResNet where `layers` is a list of four. */
export const visionConfigSchema = z
  .union([visionTransformerSchema, resNetSchema])
  .describe('The image tower: a Vision Transformer, or a ResNet where layers is a list of four.');

export type VisionTransformerConfig = z.output<typeof visionTransformerSchema>;
export type ResNetConfig = z.output<typeof resNetSchema>;
export type VisionConfig = z.output<typeof visionConfigSchema>;

export function isResNet(vision: VisionConfig): vision is ResNetConfig {
  return vision.patch_size === null;
}

/**
 * Output channels of a ResNet, which are also the width of its attention pool: the stem's width doubles three times
 * over the four stages, and bottlenecks expand it by 4.
 */
export function resNetWidth({ width }: ResNetConfig): number {
  return 32 * width;
}
