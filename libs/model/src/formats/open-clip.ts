import type { Naming } from './naming.js';
import { thirds, whole, type TensorPart } from './tensor-part.js';

/**
 * open_clip's names, which are also OpenAI's and ours. Files may also have the text tower under `text.` (open_clip's
 * CustomTextCLIP), or queries, keys and values as separate tensors (PyTorch's MultiheadAttention if their widths
 * differ). Source: open_clip model.py, convert_to_custom_text_state_dict; CLIP model.py.
 */
export const openClipNaming: Naming = {
  title: "open_clip's or OpenAI's",
  owns: (tensor) =>
    /^visual\.(conv1|class_embedding|transformer|layer\d)/.test(tensor) ||
    /^(text\.)?(token_embedding|transformer\.resblocks|ln_final)\b/.test(tensor),
  ways(parameter) {
    const names = /^(visual\.|logit_)/.test(parameter) ? [parameter] : [parameter, `text.${parameter}`];
    return [...names.map((name) => [{ name, place: whole }]), ...names.flatMap(splitProjection)];
  },
  isDerived: (tensor) => derived.test(tensor),
};

/**
 * OpenAI's scalars, the causal mask, and the counter that batch norms keep but do not use. PyTorch sets the counter to
 * 0 if a file has none.
 */
const derived = /^(input_resolution|context_length|vocab_size|(text\.)?attn_mask|visual\..*\.num_batches_tracked)$/;

/**
 * Scalars in OpenAI's files that repeat what the shapes say: the side of the image, the length of captions and the size
 * of the vocabulary.
 */
export const openAiScalars = ['input_resolution', 'context_length', 'vocab_size'] as const;

function splitProjection(name: string): TensorPart[][] {
  if (!name.endsWith('.in_proj_weight')) return [];
  const stem = name.slice(0, -'in_proj_weight'.length);
  return [
    ['q', 'k', 'v'].map((letter, index) => ({ name: `${stem}${letter}_proj_weight`, place: thirds[index] ?? whole })),
  ];
}
