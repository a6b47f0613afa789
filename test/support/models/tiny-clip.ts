import sharp from 'sharp';
import type { Tokenizer } from '#data/text/tokenizer.js';
import { trainBpe } from '#data/text/train-bpe.js';
import type { ClipConfig } from '#protocol/run/run-config.js';

/** A CLIP model with all parts of a large one, small enough for tfjs on the CPU. */
export const tinyClipConfig: ClipConfig = {
  embed_dim: 12,
  quick_gelu: false,
  vision_cfg: { image_size: 16, layers: 1, width: 16, patch_size: 8, head_width: 8, mlp_ratio: 2 },
  text_cfg: { context_length: 12, vocab_size: 540, width: 16, heads: 2, layers: 1, mlp_ratio: 2 },
};

export function tinyTokenizer(): Tokenizer {
  return trainBpe(
    ['a red square', 'a green square', 'a blue square', 'a photo of a red square.', 'a drawing of a blue square.'],
    540,
  );
}

/** A square of one colour with a black corner, as a PNG. */
export async function squareImage(colour: string, side = 20): Promise<Uint8Array> {
  const corner = await sharp({ create: { width: 5, height: 5, channels: 3, background: 'black' } })
    .png()
    .toBuffer();
  return sharp({ create: { width: side, height: side, channels: 3, background: colour } })
    .composite([{ input: corner, gravity: 'northwest' }])
    .png()
    .toBuffer();
}
