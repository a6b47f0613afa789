import { openDataset } from '#data/dataset/dataset.js';
import type { Tokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import { openClipModel } from '#inference/clip-model.js';
import { evaluateZeroShot } from '#inference/zero-shot-evaluation.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import type { EvaluationResult } from '#protocol/run/run-status.js';
import type { RunEvent } from './run-event.js';
import type { TrainingState } from './state/training-state.js';

export interface EvaluateRunOptions {
  readonly config: RunConfig;
  readonly tokenizer: Tokenizer;
  readonly state: TrainingState;
  readonly device: Device;
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  /** The evaluations that are done already. */
  readonly evaluations: readonly EvaluationResult[];
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** The zero-shot evaluations that the run document asks for after a step: all of them after the last one. */
export function dueEvaluations(
  step: number,
  { evaluation: { zeroShot, everySteps: usually }, steps }: Pick<RunConfig, 'evaluation' | 'steps'>,
): RunConfig['evaluation']['zeroShot'] {
  if (step === 0) return [];
  return zeroShot.filter(
    ({ everySteps = usually }) => step === steps || (everySteps !== undefined && step % everySteps === 0),
  );
}

/** Runs the evaluations that are due and not done yet, with the parameters as they are now. */
export async function evaluateRun({
  config,
  tokenizer,
  state,
  device,
  store,
  storeAccess,
  evaluations,
  signal,
  onEvent,
}: EvaluateRunOptions): Promise<void> {
  const isDone = (name: string): boolean => evaluations.some((one) => one.name === name && one.step === state.step);
  const due = dueEvaluations(state.step, config).filter(({ name }) => !isDone(name));
  if (due.length === 0) return;
  onEvent({ kind: 'evaluating' });
  const parameters = float32Values(state.parameters);
  const model = await openClipModel({ config: config.model, parameters, tokenizer, device });
  try {
    for (const { name, data, templates } of due) {
      const dataStore = openStore(data, storeAccess);
      const { result } = await evaluateZeroShot(model, await openDataset(dataStore), {
        name,
        templates,
        step: state.step,
        cache: store,
        signal,
      });
      await dataStore.close();
      onEvent({ kind: 'evaluation', result });
    }
  } finally {
    await model.close();
  }
}
