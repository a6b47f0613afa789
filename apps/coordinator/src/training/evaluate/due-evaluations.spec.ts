import { expect, it } from 'vitest';
import { dueEvaluations } from './due-evaluations.js';

const one = { data: '/pairs', templates: ['{}'] };
const zeroShot = [
  { ...one, name: 'usual' },
  { ...one, name: 'often', everySteps: 2 },
];

it.each([
  [0, undefined, []],
  [1, undefined, []],
  [2, undefined, ['often']],
  [3, 3, ['usual']],
  [6, 3, ['usual', 'often']],
  [7, 3, ['usual', 'often']], // The last step.
])('after step %i of 7, with evaluation.everySteps %s: %j', (step, everySteps, names) => {
  const evaluation = { zeroShot, ...(everySteps === undefined ? {} : { everySteps }) };
  expect(dueEvaluations(step, { evaluation, steps: 7 }).map(({ name }) => name)).toEqual(names);
});
