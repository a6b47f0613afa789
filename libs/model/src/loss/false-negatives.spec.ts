import { describe, expect, it } from 'vitest';
import { candidatesOf, denseIds } from './false-negatives.js';

describe('denseIds', () => {
  it('numbers keys in the order in which they first appear', () => {
    expect([...denseIds(Uint8Array.of(7, 1, 7, 2, 7, 1, 0, 0, 7, 2), 2)]).toEqual([0, 1, 0, 2, 1]);
  });
});

describe('candidatesOf', () => {
  const embeddings = {
    images: new Float32Array(),
    texts: new Float32Array(),
    captionIds: Int32Array.of(0, 0, 0, 1),
    imageIds: Int32Array.of(0, 0, 1, 1),
  };

  it('counts a pair once that has the same caption and the same image', () => {
    expect([...candidatesOf(embeddings, [], 4)]).toEqual([4, 4, 4, 4]);
    expect([...candidatesOf(embeddings, ['captionIds'], 4)]).toEqual([2, 2, 2, 4]);
    expect([...candidatesOf(embeddings, ['captionIds', 'imageIds'], 4)]).toEqual([2, 2, 1, 3]);
  });
});
