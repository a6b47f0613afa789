// Goal: what pandas, polars, Python's csv, img2dataset and webdataset write comes in exactly: every picture, to the
// byte, and every caption. Method: small files that the tools wrote (make_data_fixtures.py), with what they read.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset, type PrepareSource } from '#data/prepare/prepare-dataset.js';
import { isTarName } from '#data/prepare/tar/tar-source.js';
import { isTableName } from '#data/prepare/unread-kinds.js';
import { openFolderStore, type FolderStore } from '../support/models/small-dataset.js';

interface ExpectedPair {
  readonly sha256: string;
  readonly captions: readonly string[];
}

interface ExpectedSource {
  readonly path: string;
  readonly tool: string;
  readonly options: object;
  readonly pairs: readonly ExpectedPair[];
}

const fixtures = fileURLToPath(new URL('../../../test/interop/data-fixtures', import.meta.url));
const { sources } = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  readonly sources: readonly ExpectedSource[];
};

let target: FolderStore;
beforeAll(async () => {
  target = await openFolderStore();
});
afterAll(() => target.close());

it.each(sources.map(({ path, tool, ...rest }) => ({ path, tool, ...rest })))('$path of $tool', async (source) => {
  const kind = isTableName(source.path) ? 'table' : isTarName(source.path) ? 'tar' : 'folder';
  const from = { kind, path: join(fixtures, source.path), ...source.options } as PrepareSource;
  const { manifest } = await prepareDataset(from, target.store, { name: 'all', licences: [], replace: true });
  expect(manifest.skipped.samples).toEqual([]);
  const dataset = await openDataset(target.store);
  const pairs: ExpectedPair[] = [];
  for (let at = 0; at < dataset.pairs; at++) {
    const { image, captions } = await dataset.sample(at);
    pairs.push({ sha256: createHash('sha256').update(image).digest('hex'), captions });
  }
  expect(pairs).toEqual(source.pairs);
});
