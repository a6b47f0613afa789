import { availableParallelism } from 'node:os';
import { openDataset } from '#data/dataset/dataset.js';
import { shardPlan } from '#data/sampling/shard-plan.js';
import { wordCounts } from '#data/text/train-bpe.js';
import { clipTokenizer, tokenizerFromDocument, type Tokenizer } from '#data/text/tokenizer.js';
import { openShardLoader } from '#encoder/shard-loader.js';
import { loadShard } from '#encoder/shard-samples.js';
import type { Device } from '#engine/device.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { openOneProcessStep } from '../../../apps/coordinator/src/training/one-process-step.js';
import { trainingState } from '../../../apps/coordinator/src/training/state/training-state.js';

/**
 * Trains a run in this process, without queue, store or journal, on all cores. The samples of the next shard are loaded
 * while this one is computed, as workers do. Returns the time of each step in milliseconds.
 */
export async function trainInOneProcess(device: Device, document: RunConfigInput): Promise<number[]> {
  const config = parseRunConfig(document, modelZoo);
  const store = openStore(config.data.train);
  const dataset = await openDataset(store);
  const source = { config, dataset, tokenizer: await tokenizerOf(config, dataset) };
  const loader = openShardLoader((shard) => loadShard(source, shard));
  const shards = shardPlan(config).length;
  const step = await openOneProcessStep({
    device,
    config,
    load(at, shard) {
      const samples = loader.load({ step: at, shard });
      loader.loadAhead(shard + 1 < shards ? { step: at, shard: shard + 1 } : { step: at + 1, shard: 0 });
      return samples;
    },
    threads: availableParallelism(),
    nowMs: () => performance.now(),
  });
  const parameters = initialParameters(config.model, config.seed);
  let state = trainingState({ specs: parameterSpecs(config.model) }, 0, { parameters });
  const times: number[] = [];
  while (state.step < config.steps) {
    const startedMs = performance.now();
    ({ state } = await step.take(state));
    times.push(performance.now() - startedMs);
  }
  await step.close();
  await store.close();
  return times;
}

/** The tokenizer that a run uses; one of its own is learned from the captions of the data set. */
export async function tokenizerOf(
  { tokenizer }: RunConfig,
  dataset: Awaited<ReturnType<typeof openDataset>>,
): Promise<Tokenizer> {
  if (tokenizer.kind === 'clip') return clipTokenizer();
  const { vocabulary } = tokenizer;
  const counts = wordCounts();
  for await (const caption of dataset.captions()) counts.add(caption);
  return tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary, merges: counts.merges(vocabulary) });
}
