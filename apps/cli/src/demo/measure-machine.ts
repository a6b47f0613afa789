import { stepBudget, type StepBudget } from './step-budget.js';
import { trainLocally, type LocalTraining } from '../run/train-locally.js';
import type { DemoDocument } from './demo-document.js';

/** Steps of the calibration run: two warm up, the rest are measured. V8 takes some ten of them to compile its code. */
const calibrationSteps = 40;
/** A run of fewer steps would learn nothing. */
const stepsMin = 20;
const stepsMax = 100_000;

/** Run a few steps of the recipe to find out how many fit into the given time. */
export async function measureMachine(
  training: Omit<LocalTraining, 'run'>,
  document: DemoDocument,
  budgetMs: number,
): Promise<StepBudget> {
  const liveOnly = { ...training.terminal, say: () => undefined }; // These few steps are not worth lines in a log.
  const { metrics } = await trainLocally({
    ...training,
    terminal: liveOnly,
    run: document.calibration(calibrationSteps),
  });
  return stepBudget({ measuredMs: metrics.map(({ stepMs }) => stepMs), budgetMs, stepsMin, stepsMax });
}
