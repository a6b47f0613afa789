import type { Naming } from './naming.js';
import { thirds, transposed, whole, type Place, type TensorPart } from './tensor-part.js';

/**
 * The names of Hugging Face's CLIPModel, which has vision transformers and no ResNets. Linear weights are [out, in], as
 * ours are. The two projections are [out, in] as well, whereas ours are [in, out]. Queries, keys and values are
 * separate tensors. Source: transformers, models/clip/modeling_clip.py and convert_clip_original_pytorch_to_hf.py.
 */
export const huggingFaceNaming: Naming = {
  title: "Hugging Face's CLIPModel",
  owns: (tensor) => /^(vision_model|text_model|visual_projection)\./.test(tensor),
  ways(parameter) {
    const fixed = places[parameter];
    if (fixed) return [[fixed]];
    const block = /^(visual\.)?transformer\.resblocks\.(\d+)\.(.+)\.([a-z_]+)$/.exec(parameter);
    if (!block) return [];
    const [, visual, index, module, leaf] = block;
    const layer = `${visual ? 'vision' : 'text'}_model.encoder.layers.${index}`;
    const projection = /^in_proj_(weight|bias)$/.exec(leaf ?? '');
    if (module === 'attn' && projection) return [inProjection(`${layer}.self_attn`, projection[1] ?? '')];
    const renamed = modules[module ?? ''];
    return renamed === undefined ? [] : [[part(`${layer}.${renamed}.${leaf}`)]];
  },
  isDerived: (tensor) => /\.embeddings\.position_ids$/.test(tensor),
};

const places: Readonly<Record<string, TensorPart | undefined>> = {
  logit_scale: part('logit_scale'),
  'visual.class_embedding': part('vision_model.embeddings.class_embedding'),
  'visual.conv1.weight': part('vision_model.embeddings.patch_embedding.weight'),
  'visual.positional_embedding': part('vision_model.embeddings.position_embedding.weight'),
  'visual.ln_pre.weight': part('vision_model.pre_layrnorm.weight'), // spelled like this
  'visual.ln_pre.bias': part('vision_model.pre_layrnorm.bias'),
  'visual.ln_post.weight': part('vision_model.post_layernorm.weight'),
  'visual.ln_post.bias': part('vision_model.post_layernorm.bias'),
  'visual.proj': part('visual_projection.weight', transposed),
  'token_embedding.weight': part('text_model.embeddings.token_embedding.weight'),
  positional_embedding: part('text_model.embeddings.position_embedding.weight'),
  'ln_final.weight': part('text_model.final_layer_norm.weight'),
  'ln_final.bias': part('text_model.final_layer_norm.bias'),
  text_projection: part('text_projection.weight', transposed),
};

const modules: Readonly<Record<string, string | undefined>> = {
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'attn.out_proj': 'self_attn.out_proj',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
};

function inProjection(attention: string, leaf: string): TensorPart[] {
  return ['q', 'k', 'v'].map((letter, index) => part(`${attention}.${letter}_proj.${leaf}`, thirds[index]));
}

function part(name: string, place: Place = whole): TensorPart {
  return { name, place };
}
