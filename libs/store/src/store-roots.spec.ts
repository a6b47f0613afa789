// Goal: a path outside the roots is never accepted, however it is written and wherever symbolic links lead.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWithinRoots } from './store-roots.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tandem-roots-')));
const at = (path: string): string => join(folder, path);

beforeAll(() => {
  for (const path of ['data/pairs', 'data-of-others', 'secret']) mkdirSync(at(path), { recursive: true });
  writeFileSync(at('secret/key'), 'hush');
  symlinkSync(at('secret'), at('data/out'));
  symlinkSync(at('secret/key'), at('data/key'));
  symlinkSync(at('secret/not-yet'), at('data/later'));
  symlinkSync(at('data'), at('alias'));
  symlinkSync(at('data/loop'), at('data/loop'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('directories', () => {
  it.each([
    ['data', true],
    ['data/pairs', true],
    ['data/not/there/yet', true],
    ['alias/pairs', true],
    ['data/pairs/../pairs', true],
    ['data-of-others', false],
    ['data/../secret', false],
    ['data/out', false],
    ['data/out/key', false],
    ['data/out/not-there', false],
    ['data/key', false],
    ['data/later', false],
    ['data/later/below', false],
    ['data/loop', false],
    ['secret', false],
    ['.', false],
  ])('%s in data: %s', async (path, expected) => {
    const within = (url: string, root: string): Promise<boolean> => isWithinRoots(url, [root], {});
    expect(await within(`file:${folder}/${path}`, `file:${at('data')}`)).toBe(expected);
    expect(await within(`${folder}/${path}`, at('alias'))).toBe(expected);
  });

  it('are never within a bucket, nor buckets within them', async () => {
    expect(await isWithinRoots(at('data'), ['s3://data'], {})).toBe(false);
    expect(await isWithinRoots('s3://data', ['/'], {})).toBe(false);
  });

  it('/ and any include everything, and an empty list nothing', async () => {
    expect(await isWithinRoots(at('secret'), ['/'], {})).toBe(true);
    expect(await isWithinRoots(at('data'), [], {})).toBe(false);
    expect(await isWithinRoots(at('secret'), 'any', {})).toBe(true);
  });
});

describe('buckets', () => {
  it.each([
    ['s3://bucket', 's3://bucket', true],
    ['s3://bucket/a', 's3://bucket', true],
    ['s3://bucket/a/b', 's3://bucket/a', true],
    ['s3://bucket/a-b', 's3://bucket/a', false],
    ['s3://bucket', 's3://bucket/a', false],
    ['s3://bucket-2/a', 's3://bucket', false],
  ])('%s in %s: %s', async (url, root, expected) => {
    expect(await isWithinRoots(url, [root], {})).toBe(expected);
  });

  it('are those of one server: without an endpoint the region chooses it', async () => {
    const within = (url: string, root: string, endpoint?: string): Promise<boolean> =>
      isWithinRoots(url, [root], endpoint === undefined ? {} : { endpoint });
    expect(await within('s3://bucket/a?region=cn-north-1', 's3://bucket?region=eu-west-1')).toBe(false);
    expect(await within('s3://bucket/a?region=eu-west-1', 's3://bucket?region=eu-west-1')).toBe(true);
    expect(await within('s3://bucket/a?region=a', 's3://bucket?region=b', 'http://127.0.0.1:9000')).toBe(true);
  });
});
