import { expect, it } from 'vitest';
import { downloadConfigSchema } from './download-config.js';
import { isCount, isDownload, isTraining, parseRunDocument } from './run-document.js';

const document = { name: 'pictures', store: 's3://bucket/tars', download: { list: '/lists/a.tsv' } };

it('fills in the defaults of a download, once', () => {
  const parsed = parseRunDocument(document);
  expect(isDownload(parsed)).toBe(true);
  expect(parsed).toMatchObject({ priority: 0, download: { shardPictures: 10_000, duplicateDistance: 0 } });
  expect(parseRunDocument(parsed)).toEqual(parsed);
  expect(downloadConfigSchema.parse(parsed)).toEqual(parsed);
});

it('knows documents by their keys', () => {
  const count = parseRunDocument({ name: 'words', store: 'file:/counts', queries: { sources: ['/texts'] } });
  expect([isDownload(count), isCount(count), isTraining(count)]).toEqual([false, true, false]);
  expect(count).toMatchObject({ queries: { wiki: 'en', ignoreCase: false } });
});

it.each([
  [{ steps: 4 }, 'unknown key "steps"'],
  [{ store: undefined }, 'store: expected string, got nothing'],
  [{ download: { list: '/a.tsv', allowPrivate: true } }, 'download: unknown key "allowPrivate"'],
  [{ download: { list: '/a.tsv', retries: 11 } }, 'download.retries'],
  [{ download: 3 }, 'download'],
])('refuses %j and says where', (changes, said) => {
  expect(() => parseRunDocument({ ...document, ...changes })).toThrow(said);
});
