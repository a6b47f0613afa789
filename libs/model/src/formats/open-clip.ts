import type { Naming } from './naming.js';
import { thirds, whole, type TensorPart } from './tensor-part.js';

/**
 * open_clip's names, which are OpenAI's and ours. Met besides: the text tower under `text.` (open_clip's
 * CustomTextCLIP), and queries, keys and values apart (PyTorch's MultiheadAttention where their widths differ). Source:
 * open_clip model.py, convert_to_custom_text_state_dict; CLIP model.py.
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
 * OpenAI's scalars, the causal mask, and the counter that batch norms keep and do not use, and which PyTorch sets to 0
 * where a file has none.
 */
const derived = /^(input_resolution|context_length|vocab_size|(text\.)?attn_mask|visual\..*\.num_batches_tracked)$/;

/** OpenAI's files say what the shapes say too: the side of the image, and length and size of the vocabulary. */
export const openAiScalars = ['input_resolution', 'context_length', 'vocab_size'] as const;

function splitProjection(name: string): TensorPart[][] {
  if (!name.endsWith('.in_proj_weight')) return [];
  const stem = name.slice(0, -'in_proj_weight'.length);
  return [
    ['q', 'k', 'v'].map((letter, index) => ({ name: `${stem}${letter}_proj_weight`, place: thirds[index] ?? whole })),
  ];
}
