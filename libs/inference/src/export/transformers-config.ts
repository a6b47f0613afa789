import { pixelMean, pixelStd } from '#data/image/normalisation.js';
import { toHuggingFaceConfig } from '#model/formats/hugging-face-config.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';

/** Types the parameters can be stored as. */
export const onnxTypes = ['float32', 'float16', 'int8'] as const;
export type OnnxType = (typeof onnxTypes)[number];

/** The names of the types in transformers.js, and the suffixes of its files. */
const dtypes: Readonly<Record<OnnxType, { readonly name: string; readonly suffix: string }>> = {
  float32: { name: 'fp32', suffix: '' },
  float16: { name: 'fp16', suffix: '_fp16' },
  int8: { name: 'int8', suffix: '_int8' },
};

/** Path of an ONNX file in the folder of a model. */
export function onnxPath(model: 'vision_model' | 'text_model' | 'model', type: OnnxType): string {
  return `onnx/${model}${dtypes[type].suffix}.onnx`;
}

/**
 * config.json for the ONNX files of a CLIP. It names their type, because in browsers transformers.js would otherwise
 * look for quantised files. Hugging Face has no config for a ResNet, so that one holds only what transformers.js reads.
 */
export function transformersConfig(config: ClipConfig, type: OnnxType): object {
  const model = isResNet(config.vision_cfg)
    ? { architectures: ['CLIPModel'], model_type: 'clip', projection_dim: config.embed_dim }
    : toHuggingFaceConfig(config, type === 'int8' ? 'float32' : type); // transformers knows no int8 here.
  return { ...model, 'transformers.js_config': { dtype: dtypes[type].name } };
}

/** preprocessor_config.json: images are preprocessed as by evaluationImage. */
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

/** tokenizer_config.json: the special tokens and the context length. */
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
