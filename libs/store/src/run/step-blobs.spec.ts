// Goal: a leader removes what it and earlier ones left of a run's steps, and nothing of a later one. Method: blobs of
// three leaders in a directory, and of a version whose keys had no epoch.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../open-store.js';
import { runKeys } from './keys.js';
import { removeStepBlobs } from './step-blobs.js';

it('removes the blobs of this leader and of earlier ones only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-steps-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const store = openStore(directory);
  const keys = runKeys('r');
  const later = [keys.step(4, 3).parameters, keys.step(5, 3).gradients(0, 1, 'w')];
  const earlier = [
    keys.step(4, 1).parameters,
    keys.step(4, 2).embeddings(1, 1, 'w'),
    `${keys.stepsPrefix}000000003/old.bin`,
  ];
  for (const key of [...later, ...earlier, keys.document]) await store.put(key, new Uint8Array(1));
  await removeStepBlobs(store, 'r', 2);
  const left: string[] = [];
  for await (const key of store.list(keys.prefix)) left.push(key);
  expect(left.sort()).toEqual([...later, keys.document].sort());
});
