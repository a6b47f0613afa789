// Goal: open_clip's nonscalar_logit_scale fits where a scalar is expected, and no other shape does. Method: try both
// places that read weights.
import { expect, it } from 'vitest';
import { planImport } from '../formats/import-plan.js';
import { openClipNaming } from '../formats/open-clip.js';
import { isShape } from './parameter-spec.js';
import { fittedValues } from './position-embedding.js';

const scale = { name: 'logit_scale', shape: [] };

it('a vector of length one fits a scalar', () => {
  expect(planImport([scale], new Map([['logit_scale', [1]]]), openClipNaming).misshapen).toEqual([]);
  expect(fittedValues(scale, { shape: [1], values: Float32Array.of(2.5) })).toEqual(Float32Array.of(2.5));
});

it('no other shape fits', () => {
  expect(planImport([scale], new Map([['logit_scale', [2]]]), openClipNaming).misshapen).toHaveLength(1);
  expect([isShape([2], []), isShape([1], [1, 1]), isShape([], [1]), isShape([3, 4], [3, 4])]).toEqual([
    false,
    false,
    false,
    true,
  ]);
});
