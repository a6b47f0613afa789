import { describe, expect, it } from 'vitest';
import { splitUrl, urlOf } from './store-url.js';

describe('urlOf', () => {
  it('puts the key before the query of an S3 URL, but treats a ? in a path as part of it', () => {
    expect(urlOf({ url: 's3://bucket/p?region=eu' }, 'a/b')).toBe('s3://bucket/p/a/b?region=eu');
    expect(urlOf({ url: 'file:/odd?dir' }, 'a')).toBe('file:/odd?dir/a');
    expect(urlOf({ url: 'file:/' }, 'a')).toBe('file:/a');
    expect(urlOf({ url: 'file:/a' }, '')).toBe('file:/a');
  });
});

describe('splitUrl', () => {
  it.each([
    ['runs/a/checkpoints/000000500', 'runs/a/checkpoints', '000000500'],
    ['runs/a/checkpoints/000000500/', 'runs/a/checkpoints', '000000500'],
    ['000000500', '.', '000000500'],
    ['/000000500', '/', '000000500'],
    ['file:/data/000000500', 'file:/data', '000000500'],
    ['file:/000000500', 'file:/', '000000500'],
    ['s3://bucket/runs/000000500', 's3://bucket/runs', '000000500'],
    ['s3://bucket/runs/000000500?region=eu/1', 's3://bucket/runs?region=eu/1', '000000500'],
  ])('%s is %s and %s', (url, storeUrl, name) => expect(splitUrl(url)).toEqual({ storeUrl, name }));
});
