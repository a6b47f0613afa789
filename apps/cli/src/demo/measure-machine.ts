import { stepBudget, type StepBudget } from './step-budget.js';
import { trainLocally, type LocalTraining } from '../run/train-locally.js';
import type { DemoDocument } from './demo-document.js';

/** Steps of the calibration run: two to warm up, the rest to measure. */
const calibrationSteps = 12;
/** Fewer train nothing. */
const stepsMin = 20;
const stepsMax = 100_000;

/** Run a few steps of the recipe and see how many fit into the time given. */
export async function measureMachine(
  training: Omit<LocalTraining, 'document'>,
  document: DemoDocument,
  budgetMs: number,
): Promise<StepBudget> {
  const liveOnly = { ...training.terminal, say: () => undefined }; // a log has no use for these few steps
  const { metrics } = await trainLocally({
    ...training,
    terminal: liveOnly,
    document: document.calibration(calibrationSteps),
  });
  return stepBudget({ measuredMs: metrics.map(({ stepMs }) => stepMs), budgetMs, stepsMin, stepsMax });
}
