import { clipPreparation } from '#data/image/evaluation-image.js';
import type { Tokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import { clipEncoder } from '#evaluate/features/clip-encoder.js';
import { storeConfusion } from '#evaluate/stored-confusion.js';
import { openClipModel, type ClipModel } from '#inference/clip-model.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import { contentHash } from '#store/content-hash.js';
import type { StoreAccess } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { RunEvent } from '../run-event.js';
import type { TrainingState } from '../state/training-state.js';
import { dataOf, dueEvaluations, dueFeatures } from './due-evaluations.js';
import { evaluateOne } from './evaluate-one.js';
import { openEvaluatedDatasets } from './evaluated-data.js';
import { poolFeatures, type PoolFeaturesOptions } from './pool-features.js';

interface EvaluateRunOptions extends Omit<PoolFeaturesOptions, 'step' | 'parameters' | 'onFinding'> {
  readonly tokenizer: Tokenizer;
  readonly state: TrainingState;
  /** Where texts are embedded. */
  readonly device: Device;
  /** Threads of a probe, at most. */
  readonly threads: number;
  readonly storeAccess: StoreAccess;
  /** The evaluations that are done already. */
  readonly evaluations: readonly EvaluationResult[];
  onEvent(event: RunEvent): void;
}

/**
 * Runs the evaluations that are due and not done yet, with the parameters as they are now: the workers compute the
 * features of images, this process embeds texts and fits probes. Features are freed afterwards; those of the last step
 * are kept in the store.
 */
export async function evaluateRun(options: EvaluateRunOptions): Promise<void> {
  const { config, state, store, storeAccess, evaluations, onEvent, run, epoch, signal, threads } = options;
  const isDone = (name: string): boolean => evaluations.some((one) => one.name === name && one.step === state.step);
  const due = dueEvaluations(state.step, config).filter(({ name }) => !isDone(name));
  const kept = dueFeatures(state.step, config);
  if (due.length + kept.length === 0) return;
  onEvent({ kind: 'evaluating' });
  const keys = runKeys(run).step(state.step, epoch);
  const model = await openModel(options);
  try {
    const parameters = { key: keys.parameters, hash: await contentHash(state.parameters) };
    await store.put(parameters.key, state.parameters);
    const { hash } = clipEncoder({ model, preparation: clipPreparation }, config.name);
    const given = { ...options, step: state.step, parameters, onFinding: onEvent };
    const data = openEvaluatedDatasets({
      sourceOf: (url) => poolFeatures(given, url, hash),
      storeAccess,
      store: state.step === config.steps ? store : undefined,
    });
    try {
      for (const [index, evaluation] of due.entries()) {
        const result = await evaluateOne(evaluation, {
          ...{ model, data, store, step: state.step, threads, signal },
          keepConfusion: (name, judged) => storeConfusion(store, { run, step: state.step, name }, judged, epoch),
        });
        onEvent({ kind: 'evaluation', result });
        await data.keepOnly(due.slice(index + 1).flatMap(dataOf));
      }
      for (const url of kept) {
        await data.get(url);
        await data.keepOnly([]);
      }
    } finally {
      await data.close();
    }
    await store.removeAll(keys.prefix); // The next step writes its own; no task needs these any more.
  } finally {
    await model.close();
  }
}

function openModel({ config, tokenizer, state, device }: EvaluateRunOptions): Promise<ClipModel> {
  return openClipModel({ config: config.model, parameters: float32Values(state.parameters), tokenizer, device });
}
