import { expect, it } from 'vitest';
import { preset } from '#model/zoo/presets.js';
import { checkMemory } from './run-memory.js';

it('a model of 151,277,313 parameters needs 16 bytes of each', () => {
  const model = preset('ViT-B-32')!;
  const neededBytes = 151_277_313 * 16;
  expect(() => checkMemory(model, neededBytes)).not.toThrow();
  expect(() => checkMemory(model, neededBytes - 1)).toThrow('151,277,313 parameters, which needs 2.3 GiB');
});
