// Goal: what a document names and is not there is said before anything is started, all of it at once.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkPlacesHere } from './check-places.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-test-'));
  mkdirSync(join(folder, 'pairs'));
  writeFileSync(join(folder, 'pairs/dataset.json'), '{}');
  mkdirSync(join(folder, 'pictures'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

it('lists every data set and the weights that are missing', () => {
  const document = {
    store: at('new'),
    data: { train: at('none') },
    init: { weights: at('gone.bin') },
    evaluation: { zeroShot: [{ data: at('pairs') }, { data: at('pictures') }, { data: 's3://bucket/far' }] },
  };
  expect(() => checkPlacesHere(document, { folder, resumed: false })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      problems: [
        { path: 'data.train', message: `expected a data set at ${at('none')}, found nothing there` },
        { path: 'init.weights', message: `expected weights at ${at('gone.bin')}, found nothing there` },
        {
          path: 'evaluation.zeroShot.1.data',
          message: `expected a data set at ${at('pictures')}, found no dataset.json in it`,
        },
      ],
      help: expect.stringContaining(`seen from the document's folder, ${folder}`) as string,
    }),
  );
});

it('is content with what is there, and asks a resumed run for no weights', () => {
  expect(() => checkPlacesHere({ data: { train: at('pairs') } }, { folder, resumed: false })).not.toThrow();
  expect(() =>
    checkPlacesHere({ data: { train: at('pairs') }, init: at('gone') }, { folder, resumed: true }),
  ).not.toThrow();
});
