import { availableParallelism } from 'node:os';
import type { Dataset } from '#data/dataset/dataset.js';
import { openTrainingDataset } from '#data/dataset/training-dataset.js';
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
import { trainingState, type TrainingState } from '../../../apps/coordinator/src/training/state/training-state.js';

export interface TrainedRun {
  readonly config: RunConfig;
  readonly tokenizer: Tokenizer;
  readonly state: TrainingState;
  readonly stepsMs: readonly number[];
}

/**
 * Trains a run in this process, without queue, store or journal, on all cores. The samples of the next shard are loaded
 * while this one is computed, as workers do.
 */
export async function trainInOneProcess(device: Device, document: RunConfigInput): Promise<TrainedRun> {
  const config = parseRunConfig(document, modelZoo);
  const dataset = await openTrainingDataset(config, openStore);
  const tokenizer = await tokenizerOf(config, dataset);
  const source = { config, dataset, tokenizer };
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
  const stepsMs: number[] = [];
  while (state.step < config.steps) {
    const startedMs = performance.now();
    ({ state } = await step.take(state));
    stepsMs.push(performance.now() - startedMs);
  }
  await step.close();
  await dataset.close();
  return { config, tokenizer, state, stepsMs };
}

/** The tokenizer that a run uses; one of its own is learned from the captions of the data set. */
export async function tokenizerOf({ tokenizer }: RunConfig, dataset: Pick<Dataset, 'captions'>): Promise<Tokenizer> {
  if (tokenizer.kind === 'clip') return clipTokenizer();
  const { vocabulary } = tokenizer;
  const counts = wordCounts();
  for await (const caption of dataset.captions()) counts.add(caption);
  return tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary, merges: counts.merges(vocabulary) });
}
