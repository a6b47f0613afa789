// Goal: a text tower whose end token is not its last is refused, because it would be read at the wrong place.
import { expect, it } from 'vitest';
import { preset } from '../zoo/presets.js';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './hugging-face-config.js';

const document = toHuggingFaceConfig(preset('ViT-B-32')!, 'float32') as { text_config: object };
const withText = (changes: object): object => ({ ...document, text_config: { ...document.text_config, ...changes } });

it.each([
  ['as it is written', {}],
  ['of before transformers 4.31', { eos_token_id: 2, bos_token_id: 0 }],
  ['left out', { eos_token_id: undefined }],
  ['of a small vocabulary, left out', { eos_token_id: undefined, vocab_size: 600 }],
])('an end token %s is accepted', (_, changes) => {
  expect(fromHuggingFaceConfig(withText(changes), 'config.json').embed_dim).toBe(512);
});

it.each([{ eos_token_id: 49_407 }, { eos_token_id: undefined }])('two added tokens are refused: %j', (changes) => {
  expect(() => fromHuggingFaceConfig(withText({ vocab_size: 49_410, ...changes }), 'config.json')).toThrow(
    'describes a text tower of 49410 tokens whose end token is 49407: expected it to be the last, got 2 added after it',
  );
});
