// Goal: the ranks of a retrieval are those of sorting. Method: a brute-force reference that sorts every list, ties too.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '#threads/turns.js';
import { recallOf, retrievalRanks } from './retrieval.js';

const width = 3;
const small = fc.integer({ min: -2, max: 2 }); // Few values, so that many similarities are equal.

const pairs = fc
  .record({
    images: fc.array(fc.tuple(small, small, small), { minLength: 1, maxLength: 7 }),
    texts: fc.array(fc.record({ row: fc.tuple(small, small, small), of: fc.nat() }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ images, texts }) => ({
    images: Float32Array.from(images.flat()),
    texts: Float32Array.from(texts.flatMap(({ row }) => row)),
    imageOf: Int32Array.from(texts, ({ of }) => of % images.length),
    width,
  }));

describe('retrievalRanks', () => {
  it('are the places in sorted lists, for several captions an image and for images without one', () => {
    fc.assert(
      fc.property(pairs, ({ images, texts, imageOf }) => {
        const [n, m] = [images.length / width, texts.length / width];
        const similarity = (image: number, text: number): number =>
          [0, 1, 2].reduce((sum, j) => sum + images[image * width + j]! * texts[text * width + j]!, 0);
        const sorted = (count: number, score: (index: number) => number): number[] =>
          Array.from({ length: count }, (_, index) => index).sort((a, b) => score(b) - score(a) || a - b);
        const textForImage = Array.from({ length: n }, (_, image) => {
          return 1 + sorted(m, (text) => similarity(image, text)).findIndex((text) => imageOf[text] === image);
        });
        const imageForText = Array.from({ length: m }, (_, text) => {
          return 1 + sorted(n, (image) => similarity(image, text)).indexOf(imageOf[text]!);
        });
        const ranks = atOnce(retrievalRanks({ images, texts, imageOf, width }));
        expect([...ranks.textForImage]).toEqual(textForImage);
        expect([...ranks.imageForText]).toEqual(imageForText);
      }),
    );
  });
});

it('recallOf: shares of the queries that have an answer', () => {
  expect(recallOf(Int32Array.of(1, 0, 6, 1, 11))).toEqual({ at: { 1: 0.5, 5: 0.5, 10: 0.75 }, medianRank: 3.5 });
});
