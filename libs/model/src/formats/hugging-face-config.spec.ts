// Goal: a text tower is read at the token at which transformers reads it, or refused. test/interop compares
// embeddings.
import { expect, it } from 'vitest';
import { preset } from '../zoo/presets.js';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './hugging-face-config.js';

const document = toHuggingFaceConfig(preset('ViT-B-32')!, 'float32') as { text_config: object };
const withText = (changes: object): object => ({ ...document, text_config: { ...document.text_config, ...changes } });

it.each([
  ['as it is written', {}],
  ['of before transformers 4.31', { eos_token_id: 2, bos_token_id: 0 }],
  ['left out', { eos_token_id: undefined }],
])('an end token %s is the one of the highest id', (_, changes) => {
  const { text_cfg: text } = fromHuggingFaceConfig(withText(changes), 'config.json');
  expect(text).toEqual(preset('ViT-B-32')!.text_cfg);
});

it.each([
  [49_410, 49_407],
  [49_410, undefined],
  [1000, 3],
])('of %i tokens, one in the middle is read by its id, and written again: %s', (tokens, end) => {
  const config = fromHuggingFaceConfig(withText({ vocab_size: tokens, eos_token_id: end }), 'config.json');
  expect(config.text_cfg).toMatchObject({ vocab_size: tokens, pool_type: 'eos', eos_id: end ?? 49_407 });
  expect(toHuggingFaceConfig(config, 'float32')).toMatchObject({
    text_config: { vocab_size: tokens, eos_token_id: end ?? 49_407 },
  });
});

it.each([
  [{ vocab_size: 600, eos_token_id: undefined }, /600 tokens whose end token is 49407: .*eos_token_id below 600/],
  [{ vocab_size: 600, eos_token_id: -1 }, /whose end token is -1/],
  [{ eos_token_id: null }, /text_config\.eos_token_id/],
  [{ eos_token_id: [49_407] }, /text_config\.eos_token_id/],
])('one that no caption has is refused: %j', (changes, message) => {
  expect(() => fromHuggingFaceConfig(withText(changes), 'config.json')).toThrow(message);
});

it('what does not fit together is refused in terms of open_clip', () => {
  const vision = { ...(document as unknown as { vision_config: object }).vision_config, image_size: 225 };
  expect(() => fromHuggingFaceConfig({ ...document, vision_config: vision }, 'config.json')).toThrow(
    "config.json, in open_clip's terms, has 1 problem:\n  vision_cfg.patch_size: expected a divisor of image_size " +
      '225, got 32',
  );
});
