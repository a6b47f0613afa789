// Goal: no credential stands in what is shown, however it is written; everything else stays as it is.
import { expect, it } from 'vitest';
import { openSecretFilter, withoutSecrets } from './hidden-secrets.js';

it.each([
  ['redis://user:hush@host:6379/0', 'redis://***@host:6379/0'],
  ['rediss://:hu%40sh@host', 'rediss://***@host'],
  ['redis://user:hu@sh@host', 'redis://***@host'],
  ['error at "https://key:hush@s3.example/bucket": refused', 'error at "https://***@s3.example/bucket": refused'],
  ['s3://key:hush@bucket/prefix', 's3://***@bucket/prefix'],
  ['redis://host:6379?password=hush&db=1', 'redis://host:6379?password=***&db=1'],
  ['https://s3/b?X-Amz-Signature=hush&x=1', 'https://s3/b?X-Amz-Signature=***&x=1'],
  ['https://host/a?secretAccessKey=hush', 'https://host/a?secretAccessKey=***'],
])('%s', (text, shown) => expect(withoutSecrets(text)).toBe(shown));

it.each([
  'redis://host:6379',
  'redis://user:***@host:6379',
  's3://bucket/prefix?endpoint=http://host:9000&region=us-east-1',
  'file:/data/me@work/pairs',
  'https://host/a@b?from=me@work',
  'The run waits at 12:30; write to me@example.org',
])('%s stays as it is', (text) => expect(withoutSecrets(text)).toBe(text));

it('secrets that are known are hidden wherever they stand', () => {
  const filter = openSecretFilter(['redis://u:hush-of%20redis@host', 'hush "of" s3', undefined, 'short']);
  const text = JSON.stringify({ message: 'got hush-of redis and hush "of" s3, in short' });
  expect(filter(text)).toBe('{"message":"got *** and ***, in short"}');
  expect(filter('hush-of%20redis')).toBe('***');
});
