// Goal: what pandas, polars, Python's csv, img2dataset and webdataset write comes in exactly: every picture, to the
// byte, and every caption. Method: small files that the tools wrote (make_data_fixtures.py), with what they read.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFolderStore, type FolderStore } from '../support/models/small-dataset.js';
import { dataFile, preparedPairs } from './data-sources.js';

const fixtures = fileURLToPath(new URL('../../../test/interop/data-fixtures', import.meta.url));

let target: FolderStore;
beforeAll(async () => {
  target = await openFolderStore();
});
afterAll(() => target.close());

it.each(dataFile(fixtures).sources)('$path of $tool', async (source) => {
  expect(await preparedPairs(fixtures, source, target.store)).toEqual({ pairs: source.pairs, leftOut: [] });
});
