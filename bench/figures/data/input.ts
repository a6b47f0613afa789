import { defaultDatasetLimits, openDataset } from '#data/dataset/dataset.js';
import { loadPairs } from '#data/sampling/pair-loader.js';
import { draws } from '#data/sampling/sampler.js';
import { clipTokenizer } from '#data/text/tokenizer.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import type { Measurement } from '../../figure.js';
import { cpuSecondsOf, measurementAgainst, turnCount } from '../../turns.js';
import { withPhotos } from '../../workload/photo-folder.js';

const pairs = 128;

/** Pairs per second of CPU time, summed over all threads. No decoded image is kept from one turn to the next. */
export async function* measure(): AsyncGenerator<Measurement> {
  const rates = await withPhotos(pairs, async (data) => {
    const load = await openLoad(data);
    await load(0); // Lets V8 compile the code first.
    const measured: number[] = [];
    while (measured.length < turnCount) measured.push(await load(measured.length + 1));
    return measured;
  });
  yield measurementAgainst(300, 'input', 'pairs/s', rates);
}

async function openLoad(data: string): Promise<(step: number) => Promise<number>> {
  const dataset = await openDataset(openStore(data), { ...defaultDatasetLimits, decodedBytes: 0 });
  const config = parseRunConfig(
    { name: 'bench', model: 'ViT-B-32', data: { train: data }, batch: pairs, shards: 1, steps: 1 },
    modelZoo,
  );
  const tokenizer = clipTokenizer();
  return async (step) => {
    const chosen = draws({ seed: 0, step, offset: 0, size: pairs, batch: pairs, dataset, sampling: 'pairs' });
    return pairs / (await cpuSecondsOf(() => loadPairs(chosen, { dataset, tokenizer, config })));
  };
}
