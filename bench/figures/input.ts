import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDatasetLimits, openDataset } from '#data/dataset.js';
import { loadPairs } from '#data/pair-loader.js';
import { draws } from '#data/sampler.js';
import { clipTokenizer } from '#data/tokenizer.js';
import { preset } from '#model/presets.js';
import { parseRunConfig } from '#protocol/run-config.js';
import { openStore } from '#store/open-store.js';
import type { Measurement } from '../figure.js';
import { measurementAgainst, TURNS } from '../turns.js';
import { writePhotoDataset } from '../workload/photo-dataset.js';

const pairs = 128;

/** Pairs a second of processor time, over all threads that take part. Nothing decoded is kept from turn to turn. */
export async function* measure(): AsyncGenerator<Measurement> {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  await writePhotoDataset(directory, pairs);
  const store = openStore(directory);
  const dataset = await openDataset(store, { ...defaultDatasetLimits, decodedBytes: 0 });
  const config = parseRunConfig({ name: 'bench', model: 'ViT-B-32', data: { train: directory }, batch: pairs, shards: 1, steps: 1 }, preset);
  const tokenizer = clipTokenizer();
  const load = async (step: number): Promise<number> => {
    const chosen = draws({ seed: 0, step, offset: 0, size: pairs, batch: pairs, dataset, sampling: 'pairs' });
    const before = process.cpuUsage();
    await loadPairs(chosen, { dataset, tokenizer, config });
    const { user, system } = process.cpuUsage(before);
    return pairs / ((user + system) / 1e6);
  };
  const rates: number[] = [];
  await load(0); // Compiles what is hot.
  while (rates.length < TURNS) rates.push(await load(rates.length + 1));
  yield measurementAgainst(300, 'input', 'pairs/s', rates);
  await store.close();
  await rm(directory, { recursive: true });
}
