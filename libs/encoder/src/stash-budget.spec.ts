// Goal: `auto` takes the memory that is there and leaves room for others. Method: decide for memory of round sizes.
import { expect, it } from 'vitest';
import { stashBytesFor, stashReason, type StashMemory } from './stash-budget.js';

const GIB = 2 ** 30;
const needs = { takenBytes: 0, stashBytes: GIB, parameterBytes: 2 * GIB, sumBytes: 0 };
const host: StashMemory = { kind: 'host', limit: 'machine', totalBytes: 32 * GIB, availableBytes: 20 * GIB };

it('is the setting if that is a number, whatever is free', () => {
  expect(stashBytesFor(0, host, needs)).toBe(0);
  expect(stashBytesFor(64 * GIB, host, needs)).toBe(64 * GIB);
  expect(stashReason(12, host)).toBe('TANDEM_STASH_BYTES=12');
});

it('in main memory: what is free, less an eighth of all memory, the gradients and two stashes', () => {
  expect(stashBytesFor('auto', host, needs)).toBe((20 - 4 - 2 - 2) * GIB);
  expect(stashReason('auto', host)).toBe(
    'auto: 20.0 GiB are free of the 32.0 GiB that the machine has; 4.0 GiB stay free, and what a pass needs',
  );
});

it('leaves room in main memory for sums of gradients, and on a GPU does not, since they are not there', () => {
  const withSums = { ...needs, sumBytes: 3 * GIB };
  const gpu: StashMemory = { kind: 'gpu', totalBytes: 80 * GIB };
  expect(stashBytesFor('auto', host, withSums)).toBe(stashBytesFor('auto', host, needs) - 3 * GIB);
  expect(stashBytesFor('auto', gpu, withSums)).toBe(stashBytesFor('auto', gpu, needs));
});

it('does not shrink when stashes take the memory that was free for them', () => {
  expect(stashBytesFor('auto', { ...host, availableBytes: 15 * GIB }, { ...needs, takenBytes: 5 * GIB })).toBe(
    stashBytesFor('auto', host, needs),
  );
});

it('is 0 if others have taken what was free', () => {
  expect(stashBytesFor('auto', { ...host, availableBytes: 5 * GIB }, needs)).toBe(0);
});

it('on a GPU: all its memory, less an eighth, the parameters, the gradients and two stashes', () => {
  const gpu: StashMemory = { kind: 'gpu', totalBytes: 80 * GIB };
  expect(stashBytesFor('auto', gpu, { ...needs, takenBytes: 5 * GIB })).toBe((80 - 10 - 4 - 2) * GIB);
  expect(stashReason('auto', gpu)).toBe('auto: the GPU has 80.0 GiB; 10.0 GiB stay free, and what a pass needs');
  expect(stashBytesFor('auto', { kind: 'gpu', totalBytes: undefined }, needs)).toBe(GIB);
  expect(stashReason('auto', { kind: 'gpu', totalBytes: undefined })).toBe(
    'auto: 1.0 GiB, since the memory of the GPU is not known',
  );
});
