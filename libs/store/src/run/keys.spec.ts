import { describe, expect, it } from 'vitest';
import { checkpointBlobs, epochOf, runKeys, stepOf } from './keys.js';
import { isKey } from '../store-key.js';

describe('runKeys', () => {
  const keys = runKeys('emoji-1');

  it('names every blob of a run', () => {
    const step = keys.step(12, 3);
    expect([
      keys.document,
      keys.tokenizer,
      keys.status,
      step.parameters,
      step.embeddings(3, 1, 'host-7'),
      step.embeddings(4, 4, 'host-7'),
      step.embeddingGradients(3, 1),
      step.embeddingGradients(4, 4),
      step.gradients(3, 1, 'host-7'),
      step.gradients(4, 4, 'host.8'),
      keys.journal(12),
      keys.journalRecord(12),
      `${keys.checkpoint(12, 3)}/${checkpointBlobs.optimizer}`,
    ]).toEqual([
      'runs/emoji-1/run.json',
      'runs/emoji-1/tokenizer.json',
      'runs/emoji-1/status.json',
      'runs/emoji-1/steps/000000012.000000003/parameters.safetensors',
      'runs/emoji-1/steps/000000012.000000003/embeddings/3.host-7.safetensors',
      'runs/emoji-1/steps/000000012.000000003/embeddings/4-7.host-7.safetensors',
      'runs/emoji-1/steps/000000012.000000003/embedding-gradients/3.safetensors',
      'runs/emoji-1/steps/000000012.000000003/embedding-gradients/4-7.safetensors',
      'runs/emoji-1/steps/000000012.000000003/gradients/3.host-7.safetensors',
      'runs/emoji-1/steps/000000012.000000003/gradients/4-7.host.8.safetensors',
      'runs/emoji-1/journal/000000012.safetensors',
      'runs/emoji-1/journal/000000012.json',
      'runs/emoji-1/checkpoints/000000012.000000003/optimizer.safetensors',
    ]);
    expect(isKey(step.embeddingGradients(65_535, 1))).toBe(true);
  });

  it('byte order of the keys is step order, and the step can be read back', () => {
    const steps = [0, 9, 10, 99, 100, 123_456, 100_000_000];
    expect(steps.map((step) => keys.journal(step)).toSorted()).toEqual(steps.map((step) => keys.journal(step)));
    for (const step of steps) {
      expect(stepOf(keys.journal(step))).toBe(step);
      expect(stepOf(keys.checkpoint(step, 3))).toBe(step);
      expect(stepOf(keys.step(step, 3).gradients(7, 1, '123456789'))).toBe(step);
    }
    expect(stepOf(keys.document)).toBeUndefined();
  });

  it('the epoch can be read back', () => {
    for (const epoch of [1, 12, 123_456_789]) {
      expect(epochOf(keys.step(7, epoch).embeddings(0, 1, '000000001.000000001'))).toBe(epoch);
      expect(epochOf(`${keys.checkpoint(7, epoch)}/manifest.json`)).toBe(epoch);
    }
    expect(epochOf('runs/emoji-1/steps/000000012/gradients/3.safetensors')).toBe(0);
  });
});
