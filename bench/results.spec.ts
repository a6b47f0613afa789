import { expect, it } from 'vitest';
import type { Figure, Measurement } from './figure.js';
import { failureLine, headLine, jsonLine, resultLine } from './results.js';

const figure: Figure = {
  name: 'step/small',
  bar: { kind: 'atLeast', ratio: 0.65 },
  module: 'step-small',
  about: 'a step',
};
const measured: Measurement = {
  name: 'step/small',
  value: 128.4567,
  unit: 'GFLOP/s',
  reference: 151.23,
  ratio: 0.84941,
};

it('a line for people says the value, the reference, and whether the bar is reached', () => {
  expect(
    [
      headLine(),
      resultLine(figure, measured),
      resultLine(figure, { ...measured, ratio: 0.64 }),
      failureLine(figure, 'out of\nmemory'),
    ].join('\n'),
  ).toBe(`\
figure                                    value           reference    ratio  bar
step/small                          128 GFLOP/s         151 GFLOP/s     0.85  ≥ 0.65    pass
step/small                          128 GFLOP/s         151 GFLOP/s     0.64  ≥ 0.65    FAIL
step/small                                    -                   -        -  ≥ 0.65    FAIL
  out of
  memory`);
});

it('small values and ratios keep their digits; a figure without a bar has no verdict', () => {
  const reported: Figure = { ...figure, name: 'wait', bar: { kind: 'reported' } };
  expect(resultLine(reported, { name: 'wait', value: 0.0412, unit: 's', reference: 7.389, ratio: 0.00558 })).toBe(
    'wait                                   0.0412 s              7.39 s    0.006',
  );
});

it('a line for programs has exactly name, value, unit, reference and ratio', () => {
  expect(JSON.parse(jsonLine(measured))).toEqual({
    name: 'step/small',
    value: 128.457,
    unit: 'GFLOP/s',
    reference: 151.23,
    ratio: 0.84941,
  });
});
