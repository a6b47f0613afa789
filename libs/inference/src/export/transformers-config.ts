import { pixelMean, pixelStd } from '#data/image/normalisation.js';
import { toHuggingFaceConfig } from '#model/formats/hugging-face-config.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';

/** What parameters are stored as. */
export const onnxTypes = ['float32', 'float16'] as const;
export type OnnxType = (typeof onnxTypes)[number];

/** What transformers.js calls a type, and adds to the names of its files. */
const dtypes: Readonly<Record<OnnxType, { readonly name: string; readonly suffix: string }>> = {
  float32: { name: 'fp32', suffix: '' },
  float16: { name: 'fp16', suffix: '_fp16' },
};

/** Path of a model in the folder. */
export function onnxPath(model: 'vision_model' | 'text_model' | 'model', type: OnnxType): string {
  return `onnx/${model}${dtypes[type].suffix}.onnx`;
}

/**
 * config.json of ONNX files of a CLIP. It says their type, because transformers.js looks for quantised ones in browsers
 * otherwise. Of a ResNet, which Hugging Face has no config for, it says what transformers.js asks for.
 */
export function transformersConfig(config: ClipConfig, type: OnnxType): object {
  const model = isResNet(config.vision_cfg)
    ? { architectures: ['CLIPModel'], model_type: 'clip', projection_dim: config.embed_dim }
    : toHuggingFaceConfig(config, type);
  return { ...model, 'transformers.js_config': { dtype: dtypes[type].name } };
}

/** preprocessor_config.json: an image as evaluationImage prepares it. */
export function preprocessorConfig({ vision_cfg: { image_size: side } }: ClipConfig): object {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: side },
    resample: 3, // bicubic
    do_center_crop: true,
    crop_size: { height: side, width: side },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: pixelMean,
    image_std: pixelStd,
  };
}

/** tokenizer_config.json: what goes around the tokens. */
export function tokenizerConfig({ text_cfg: text }: ClipConfig): object {
  return {
    tokenizer_class: 'CLIPTokenizer',
    do_lower_case: true,
    model_max_length: text.context_length,
    bos_token: '<|startoftext|>',
    eos_token: '<|endoftext|>',
    unk_token: '<|endoftext|>',
    pad_token: '<|endoftext|>',
  };
}
