import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { loadShard } from '#encoder/shard-samples.js';
import { openDevice } from '#engine/run/open-device.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { openStore } from '#store/open-store.js';
import { openOneProcessStep } from '../../apps/coordinator/src/training/one-process-step.js';
import { prepareRun } from '../../apps/coordinator/src/training/prepare/prepare-run.js';
import { trainingState } from '../../apps/coordinator/src/training/state/training-state.js';

/** What a run has learned, and how. */
export interface TrainedRun {
  readonly parameters: Uint8Array;
  readonly moments: Uint8Array;
  /** The loss of each step. */
  readonly losses: readonly number[];
}

/** The whole run in this process, undisturbed: no Redis, no workers, no coordinator. `scratch` is a directory. */
export async function trainInOneProcess(config: RunConfig, scratch: string): Promise<TrainedRun> {
  const scratchStore = openStore(scratch);
  const { tokenizer } = await prepareRun({ id: 'reference', config, store: scratchStore, storeAccess: {} });
  const device = await openDevice({ kind: 'cpu', threads: 1 });
  const dataset = await openTrainingDataset(config, openStore);
  const step = await openOneProcessStep({
    device,
    config,
    load: (number, shard) => loadShard({ config, dataset, tokenizer }, { step: number, shard }),
    nowMs: () => performance.now(),
  });
  const tensors = { specs: modelTensors(config.model), trainable: trainableParameters(config) };
  let state = trainingState(tensors, 0, { parameters: initialParameters(config.model, config.seed) });
  const losses: number[] = [];
  while (state.step < config.steps) {
    const taken = await step.take(state);
    ({ state } = taken);
    losses.push(taken.contrast.loss);
  }
  await step.close();
  await device.close();
  await dataset.close();
  await scratchStore.close();
  return { parameters: state.parameters, moments: state.moments, losses };
}
