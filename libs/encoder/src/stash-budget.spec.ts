// Goal: `auto` takes what is there and leaves others room. Method: the decision, on memory of round numbers.
import { expect, it } from 'vitest';
import { stashBytesFor, stashReason, type StashMemory } from './stash-budget.js';

const GIB = 2 ** 30;
const needs = { takenBytes: 0, stashBytes: GIB, parameterBytes: 2 * GIB };
const host: StashMemory = { kind: 'host', limit: 'machine', totalBytes: 32 * GIB, availableBytes: 20 * GIB };

it('is the setting where that is a number, whatever is free', () => {
  expect(stashBytesFor(0, host, needs)).toBe(0);
  expect(stashBytesFor(64 * GIB, host, needs)).toBe(64 * GIB);
  expect(stashReason(12, host)).toBe('TANDEM_STASH_BYTES=12');
});

it('of main memory is what is free, but an eighth of all, the gradients and two stashes in passing', () => {
  expect(stashBytesFor('auto', host, needs)).toBe((20 - 4 - 2 - 2) * GIB);
  expect(stashReason('auto', host)).toBe(
    'auto: 20.0 GiB are free of the 32.0 GiB that the machine has; 4.0 GiB stay free, and what a pass needs',
  );
});

it('does not shrink because stashes take what was free for them', () => {
  expect(stashBytesFor('auto', { ...host, availableBytes: 15 * GIB }, { ...needs, takenBytes: 5 * GIB })).toBe(
    stashBytesFor('auto', host, needs),
  );
});

it('is nothing where others have taken what is free', () => {
  expect(stashBytesFor('auto', { ...host, availableBytes: 5 * GIB }, needs)).toBe(0);
});

it('of a GPU is what it has, but an eighth, parameters and gradients and two stashes', () => {
  const gpu: StashMemory = { kind: 'gpu', totalBytes: 80 * GIB };
  expect(stashBytesFor('auto', gpu, { ...needs, takenBytes: 5 * GIB })).toBe((80 - 10 - 4 - 2) * GIB);
  expect(stashReason('auto', gpu)).toBe('auto: the GPU has 80.0 GiB; 10.0 GiB stay free, and what a pass needs');
  expect(stashBytesFor('auto', { kind: 'gpu', totalBytes: undefined }, needs)).toBe(GIB);
  expect(stashReason('auto', { kind: 'gpu', totalBytes: undefined })).toBe(
    'auto: 1.0 GiB, since the memory of the GPU is not known',
  );
});
