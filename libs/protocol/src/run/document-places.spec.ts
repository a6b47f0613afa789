// Goal: every place of a document is found, and a relative one is seen from the document's folder.
import { describe, expect, it } from 'vitest';
import { isRelativeLocation, locationFrom, placesIn, withPlaces } from './document-places.js';

const document = {
  name: 'a',
  store: 'file:kept',
  data: { train: 'pairs', sampling: 'pairs' },
  init: { weights: '../weights.safetensors', only: ['image'] },
  evaluation: {
    everySteps: 5,
    zeroShot: [
      { name: 'x', data: '/held-out' },
      { name: 'y', data: 's3://b/seen' },
    ],
  },
};

it('finds the store, the training data, the weights and the data of each evaluation', () => {
  expect(placesIn(document)).toEqual([
    { path: 'store', location: 'file:kept' },
    { path: 'data.train', location: 'pairs' },
    { path: 'init.weights', location: '../weights.safetensors' },
    { path: 'evaluation.zeroShot.0.data', location: '/held-out' },
    { path: 'evaluation.zeroShot.1.data', location: 's3://b/seen' },
  ]);
  expect(placesIn({ download: { list: 'l.tsv' } })).toEqual([{ path: 'download.list', location: 'l.tsv' }]);
  expect(placesIn({ init: 'weights.bin' })).toEqual([{ path: 'init', location: 'weights.bin' }]);
  expect(placesIn({ data: { train: [{ data: 'a', weight: 2 }, { data: '/b' }, 'no place'] } })).toEqual([
    { path: 'data.train.0.data', location: 'a' },
    { path: 'data.train.1.data', location: '/b' },
  ]);
});

it('changes places and nothing else', () => {
  expect(withPlaces(document, (location) => locationFrom('/runs/one', location))).toEqual({
    ...document,
    store: 'file:/runs/one/kept',
    data: { train: '/runs/one/pairs', sampling: 'pairs' },
    init: { weights: '/runs/weights.safetensors', only: ['image'] },
  });
});

it.each([
  null,
  7,
  'text',
  [],
  {},
  { data: 7, init: null, evaluation: { zeroShot: [7, null, { data: [] }] }, store: '' },
])('leaves %j, which is no valid document, as it is', (other) => {
  expect(withPlaces(other, () => 'changed')).toEqual(other);
});

describe('isRelativeLocation', () => {
  it.each(['pairs', './pairs', '../pairs', 'file:pairs', 'file:./pairs', 'a:b'])('%s is relative', (location) => {
    expect(isRelativeLocation(location)).toBe(true);
  });

  it.each(['/pairs', 'file:/pairs', 'file:///pairs', 's3://bucket/pairs', 'https://host/pairs'])(
    '%s is not',
    (location) => {
      expect(isRelativeLocation(location)).toBe(false);
      expect(locationFrom('/else', location)).toBe(location);
    },
  );
});
