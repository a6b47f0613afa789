// Goal: parts of a data set are nested, of whole groups, and hold the pairs that they say. Method: random data sets.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Dataset } from '../dataset/dataset.js';
import type { IndexedSample } from '../dataset/dataset-manifest.js';
import { pairGroups } from '../dataset/pair-groups.js';
import { datasetPart } from './dataset-part.js';

/** Of pairs with their index as their key and caption, in shards of three. */
function datasetOf(pairs: number, ofPair?: readonly number[]): Dataset {
  const index = Array.from({ length: pairs }, (_, pair) => ({ key: String(pair), captions: [`c${pair}`] }));
  const groups =
    ofPair &&
    pairGroups(
      [...new Set(ofPair)].map((name) => `g${name}`),
      Int32Array.from(ofPair),
    );
  const filePairs = Array.from({ length: Math.ceil(pairs / 3) }, (_, file) => Math.min(3, pairs - 3 * file));
  return {
    ...{ name: 'd', hash: 'h', pairs, filePairs, groups, licences: [] },
    sample: (at: number) => Promise.resolve(index[at]),
    async *indexes() {
      for (let at = 0; at < pairs; at += 3) yield index.slice(at, at + 3) as unknown as IndexedSample[];
    },
  } as unknown as Dataset;
}

async function keysOf(dataset: Dataset): Promise<string[]> {
  const keys = [];
  for (let at = 0; at < dataset.pairs; at++) keys.push((await dataset.sample(at)).key);
  const captions = [];
  for await (const caption of dataset.captions()) captions.push(caption);
  expect(captions).toEqual(keys.map((key) => `c${key}`));
  return keys;
}

const shares = fc.tuple(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true }));

it('of pairs: as many as the share says, in order, the smaller part of the larger', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 50 }), shares, fc.nat(), async (pairs, both, seed) => {
      const [small, large] = both.toSorted((a, b) => a - b);
      const [part, more] = [small!, large!].map((share) => datasetPart(datasetOf(pairs), share, seed)) as [
        Dataset,
        Dataset,
      ];
      expect(part.pairs).toBe(Math.max(1, Math.round(pairs * small!)));
      const keys = await keysOf(part);
      const files = keys.map((key) => Math.floor(Number(key) / 3));
      expect(part.filePairs).toEqual([...new Set(files)].map((file) => files.filter((one) => one === file).length));
      expect(keys).toEqual([...new Set(keys)].sort((a, b) => Number(a) - Number(b)));
      expect(await keysOf(more)).toEqual(expect.arrayContaining(keys));
    }),
  );
});

it('of groups: whole ones with their names, nested too', async () => {
  const grouped = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(grouped, shares, fc.nat(), async (given, both, seed) => {
      const numbers = [...new Set(given)];
      const ofPair = given.map((one) => numbers.indexOf(one));
      const whole = datasetOf(ofPair.length, ofPair);
      const [small, large] = both.toSorted((a, b) => a - b);
      const part = datasetPart(whole, small!, seed);
      const keys = await keysOf(part);
      const names = keys.map((key) => whole.groups!.names[whole.groups!.ofPair[Number(key)]!]);
      expect([...part.groups!.ofPair].map((group) => part.groups!.names[group])).toEqual(names);
      expect(part.groups!.names.length).toBe(Math.max(1, Math.round(numbers.length * small!)));
      const all = [...whole.groups!.ofPair.keys()].filter((pair) =>
        names.includes(whole.groups!.names[whole.groups!.ofPair[pair]!]),
      );
      expect(keys).toEqual(all.map(String));
      expect(await keysOf(datasetPart(whole, large!, seed))).toEqual(expect.arrayContaining(keys));
    }),
  );
});

it('another seed takes other pairs, and each share has a hash of its own', () => {
  const whole = datasetOf(40);
  const hashes = [datasetPart(whole, 0.5, 1), datasetPart(whole, 0.25, 1), datasetPart(whole, 0.5, 2)].map(
    ({ hash }) => hash,
  );
  expect(new Set([...hashes, whole.hash]).size).toBe(4);
});
