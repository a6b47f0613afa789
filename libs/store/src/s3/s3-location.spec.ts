import { describe, expect, it } from 'vitest';
import { openStore } from '../open-store.js';
import { s3Location } from './s3-location.js';

describe('s3Location', () => {
  it('reads bucket and prefix, and the rest from the access', () => {
    expect(s3Location('s3://bucket')).toEqual({
      bucket: 'bucket',
      prefix: '',
      endpoint: undefined,
      region: undefined,
      forcePathStyle: false,
      url: 's3://bucket',
    });
    expect(s3Location('s3://bucket/a/b/', { endpoint: 'http://host:9000', region: 'eu' })).toMatchObject({
      prefix: 'a/b',
      endpoint: 'http://host:9000',
      forcePathStyle: true,
      url: 's3://bucket/a/b?endpoint=http://host:9000&region=eu',
    });
  });

  it('what the URL says goes before what the access says', () => {
    const access = { endpoint: 'https://host', region: 'other', forcePathStyle: true };
    const location = s3Location('s3://bucket/p?endpoint=https%3A%2F%2Fhost%2F&region=here&pathStyle=false', access);
    expect(location).toMatchObject({ endpoint: 'https://host', region: 'here', forcePathStyle: false });
  });

  it.each([
    ['an endpoint while another is set', { endpoint: 'http://store:9000' }, 'http://store:9000'],
    ['an endpoint while none is set', {}, 'AWS, for TANDEM_S3_ENDPOINT is not set'],
  ])('refuses %s: keys go where this process is set to, not where a URL says', (_, access, said) => {
    const refusal = expect.objectContaining({
      code: 'CONFIG_INVALID',
      help: expect.stringContaining('TANDEM_S3_ENDPOINT'),
    });
    expect(() => s3Location('s3://bucket/p?endpoint=http://127.0.0.1:9000', access)).toThrow(refusal);
    expect(() => s3Location('s3://bucket/p?endpoint=http://127.0.0.1:9000', access)).toThrow(said);
  });

  it.each([
    ['s3://bucket', undefined],
    ['s3://bucket/p', undefined],
    ['s3://bucket/p?endpoint=http://127.0.0.1:9000&region=us-east-1', 'http://127.0.0.1:9000'],
    ['s3://b.c/p?region=eu&pathStyle=true', undefined],
    ['s3://bucket?endpoint=https://host/path&pathStyle=false', 'https://host/path'],
  ])('%s names itself', (url, endpoint) => {
    const access = endpoint === undefined ? {} : { endpoint };
    expect(s3Location(url, access).url).toBe(url);
    expect(openStore(url, access).url).toBe(url);
  });

  it.each([
    ['s3://', 'bucket of 3 to 63'],
    ['s3:bucket', 'bucket of 3 to 63'],
    ['s3://UPPER/x', '"UPPER"'],
    ['s3://bucket/with space', '"with space"'],
    ['s3://bucket/a/../b', '"a/../b"'],
    ['s3://bucket?endpont=http://x', '"endpont"'],
    ['s3://bucket?endpoint=host:9000', 'like http://host:9000'],
    ['s3://bucket?endpoint=ftp://host', 'like http://host:9000'],
    ['s3://bucket?region=eu.evil.example/%23', 'a region like us-east-1'],
  ])('refuses %s', (url, said) => {
    expect(() => s3Location(url)).toThrow(said);
    expect(() => s3Location(url)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it.each([
    's3://key:hush@bucket/p',
    's3://bucket/p?secretAccessKey=hush',
    's3://bucket?endpoint=http://key:hush@host',
  ])('refuses keys in a URL without repeating them: %s', (url) => {
    const message = thrownBy(() => s3Location(url));
    expect(message).toContain('never in a URL');
    expect(message).not.toContain('hush');
  });
});

describe('openStore', () => {
  it('takes a plain path, file:PATH and file:///PATH', () => {
    for (const url of ['/a/b', '/a/b/', 'file:/a/b', 'file:///a/b']) expect(openStore(url).url).toBe('file:/a/b');
    expect(openStore('a b').url).toBe(`file:${process.cwd()}/a b`);
    expect(openStore('file:///a%20b').url).toBe('file:/a b');
  });

  it.each([
    '',
    'file:',
    'http://host/a',
    'gs://bucket',
    'file:/a\0b',
    'half-a-pair-\ud800',
    'file://other-machine/a',
    'file:///a%2fb',
  ])('refuses %j', (url) => {
    expect(() => openStore(url)).toThrow(/expected file:DIR, a directory or s3:/);
  });
});

function thrownBy(use: () => unknown): string {
  try {
    use();
  } catch (error) {
    return (error as { toText(): string }).toText();
  }
  throw new Error('nothing was thrown');
}
