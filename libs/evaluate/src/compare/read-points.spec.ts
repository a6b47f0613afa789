import { describe, expect, it } from 'vitest';
import { publishedSeries } from './published-points.js';
import { pointOfResult, readPoints, readResult } from './read-points.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('readPoints', () => {
  it('reads name, gflop and accuracy', () => {
    expect(readPoints(bytes('gflop,name,accuracy\n4.1,"ResNet, 50",0.76\n'), 'points.csv')).toEqual([
      { name: 'ResNet, 50', gigaflops: 4.1, score: 0.76 },
    ]);
  });

  it.each([
    [
      'name,gflops,accuracy\na,1,0.5',
      /points.csv: expected the columns name, gflop, accuracy .* got name, gflops, accuracy: no gflop/,
    ],
    ['name,gflop,accuracy\na,1,0.5\nb,1,76', /in line 3: .*Too big/],
    ['', /got nothing/],
    ['name,gflop,accuracy\na,1', /points.csv: expected a CSV/],
  ])('refuses %j, saying where', (text, message) => {
    expect(() => readPoints(bytes(text), 'points.csv')).toThrow(message);
  });
});

describe('readResult', () => {
  it('takes the result of a zero-shot evaluation, and says what to do without GFLOP', () => {
    const result = {
      kind: 'zero-shot',
      model: { name: 'm', gigaflops: 2 },
      accuracy: { top1: 0.5, meanPerClass: 0.4 },
    };
    expect(pointOfResult(readResult(bytes(JSON.stringify(result)), 'r.json'), 'r.json')).toEqual({
      name: 'm',
      gigaflops: 2,
      score: 0.5,
    });
    const unknown = { ...result, model: { name: 'm', gigaflops: null } };
    expect(() => pointOfResult(readResult(bytes(JSON.stringify(unknown)), 'r.json'), 'r.json')).toThrow(/--gflop/);
    expect(() => readResult(bytes('{"kind":"retrieval"}'), 'r.json')).toThrow(/r.json: expected the result.json/);
  });
});

it('published points: GFLOP as open_clip counts, ResNets and Vision Transformers apart', () => {
  const [resNets, transformers] = publishedSeries('imagenet-zero-shot');
  const of = (points: readonly { name: string }[] | undefined, name: string) =>
    points?.find((one) => one.name === name);
  expect(of(transformers?.points, 'ViT-B-16')).toEqual({ name: 'ViT-B-16', gigaflops: 35.13, score: 0.6834 });
  expect(of(resNets?.points, 'RN50x16')).toMatchObject({ gigaflops: 149.39, score: 0.7072 });
});
