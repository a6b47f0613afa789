import { expect, it } from 'vitest';
import { choosesFromOne } from './data-advice.js';

const checkpoint = { everySteps: 500, keep: 3, keepBest: 'judge' };
const judge = { name: 'judge', data: '/pairs', templates: ['{}'] };

it.each([
  ['it runs at the end only', { zeroShot: [judge] }, true],
  ['it runs every 9 steps by itself', { zeroShot: [{ ...judge, everySteps: 9 }] }, false],
  ['all run every 9 steps', { everySteps: 9, zeroShot: [judge] }, false],
  ['only another runs every 9 steps', { zeroShot: [judge, { ...judge, name: 'other', everySteps: 9 }] }, true],
])('keepBest and %s', (_, evaluation, fromOne) => {
  expect(choosesFromOne({ checkpoint, evaluation })).toBe(fromOne);
  const { keepBest: _keepBest, ...keepsLast } = checkpoint;
  expect(choosesFromOne({ checkpoint: keepsLast, evaluation })).toBe(false);
});
