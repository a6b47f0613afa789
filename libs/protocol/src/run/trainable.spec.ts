import { describe, expect, it } from 'vitest';
import { isTrainable, trainableProblems, type Trainable } from './trainable.js';

const parameters = [
  { name: 'visual.proj', tower: 'image' },
  { name: 'visual.conv1.weight', tower: 'image' },
  { name: 'text_projection', tower: 'text' },
  { name: 'logit_scale', tower: 'loss' },
] as const;
const trainedBy = (trained: Trainable | undefined): string[] =>
  parameters.filter((parameter) => isTrainable(trained, parameter)).map(({ name }) => name);

describe('which parameters a run trains', () => {
  it.each<[string, Trainable | undefined, string[]]>([
    ['all, where nothing is said', undefined, parameters.map(({ name }) => name)],
    ['all but a frozen tower', { freeze: ['image'] }, ['text_projection', 'logit_scale']],
    ['those named and no others', { only: ['visual.proj', 'text*'] }, ['visual.proj', 'text_projection']],
    [
      'of those named, those not frozen',
      { only: ['image', 'logit_scale'], freeze: ['*.weight'] },
      ['visual.proj', 'logit_scale'],
    ],
  ])('%s', (_, trained, expected) => {
    expect(trainedBy(trained)).toEqual(expected);
    expect(trainableProblems(trained, parameters)).toEqual([]);
  });

  it('refuses patterns that name nothing, and patterns that leave nothing to train', () => {
    expect(trainableProblems({ only: ['text', 'vision'], freeze: ['image', 'x*'] }, parameters)).toEqual([
      {
        path: 'train.only.1',
        message: 'expected image, text or a pattern of parameters\' names, got "vision", which names none of the 4',
      },
      {
        path: 'train.freeze.1',
        message: 'expected image, text or a pattern of parameters\' names, got "x*", which names none of the 4',
      },
    ]);
    expect(trainableProblems({ only: ['image'], freeze: ['visual.*'] }, parameters)).toEqual([
      { path: 'train', message: 'expected at least one of the 4 parameters to be trained, got none' },
    ]);
  });
});
