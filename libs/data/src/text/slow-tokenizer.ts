import { z } from 'zod';

/** A merge is `left right`, or [left, right] in newer files. */
export const mergeSchema = z.union([z.string(), z.tuple([z.string(), z.string()]).transform((pair) => pair.join(' '))]);
const schema = z.object({
  model: z.object({ type: z.literal('BPE'), vocab: z.record(z.string(), z.number()), merges: z.array(mergeSchema) }),
});

/**
 * vocab.json and merges.txt, from which the tokenizers of transformers 4 that are written in Python read what a
 * tokenizer.json holds; undefined if that is no byte-pair encoding. They read no more than 48,894 merges. Source:
 * transformers 4.57, models/clip/tokenization_clip.py.
 */
export function slowTokenizerFiles(tokenizerJson: unknown): Record<string, object> | undefined {
  const parsed = schema.safeParse(tokenizerJson);
  if (!parsed.success) return undefined;
  const { vocab, merges } = parsed.data.model;
  return {
    'vocab.json': vocab,
    'merges.txt': new TextEncoder().encode(`#version: 0.2\n${merges.join('\n')}\n`),
  };
}

/** The merges in a merges.txt: all lines but the first and empty ones. */
export function mergesOfText(bytes: Uint8Array): string[] {
  return new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line, at) => line !== '' && !(at === 0 && line.startsWith('#')));
}
