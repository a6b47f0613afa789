import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { readRunDocument } from '../run/run-document.js';
import { recipePath } from './demo-folder.js';

/** The recipe demo/run.yaml, completed by what depends on the machine: paths, store and number of steps. */
export interface DemoDocument {
  /** The whole run. Its checkpoints go to the directory `store`. */
  training(steps: number, store: string): RunConfigInput;
  /** A run of a few steps that only measures speed; nothing of it is kept. */
  calibration(steps: number): RunConfigInput;
  /** Pairs per step. */
  readonly batch: number;
  /** Shards per step. */
  readonly shards: number;
}

/** Warm-up takes at most this share of the steps, however few they are. */
const warmupShareMax = 0.2;

/**
 * How often the held-out style is evaluated, so that its accuracy makes a curve; the last time is at the end. Each
 * takes as long as about eight steps: a run of 450 steps takes 7 % longer.
 */
const evaluations = 5;
/** In a run of a few steps they would take longer than the training. */
const stepsBetweenMin = 10;

export function demoDocument(path = recipePath): DemoDocument {
  const recipe = readRunDocument(path);
  const config = parseRunConfig(recipe, modelZoo);
  const { zeroShot: [heldOut, ...others] = [] } = recipe.evaluation ?? {};
  const evaluated = (steps: number): RunConfigInput['evaluation'] => {
    const everySteps = Math.max(stepsBetweenMin, Math.ceil(steps / evaluations));
    return { ...recipe.evaluation, zeroShot: heldOut ? [{ everySteps, ...heldOut }, ...others] : [] };
  };
  const withSteps = (steps: number): RunConfigInput => ({
    ...recipe,
    steps,
    schedule: {
      ...recipe.schedule,
      warmupSteps: Math.min(config.schedule.warmupSteps, Math.floor(steps * warmupShareMax)),
    },
  });
  return {
    batch: config.batch,
    shards: config.shards ?? Math.ceil(config.batch / (config.shardSize ?? config.batch)),
    training: (steps, store) => ({
      ...withSteps(steps),
      evaluation: evaluated(steps),
      store: `file:${store}`,
    }),
    calibration: (steps) => ({ ...withSteps(steps), name: `${config.name}-calibration`, evaluation: {} }),
  };
}
