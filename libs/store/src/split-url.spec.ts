import { describe, expect, it } from 'vitest';
import { splitUrl } from './split-url.js';

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
