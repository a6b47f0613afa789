import { isAbsolute } from 'node:path';
import { expect, it } from 'vitest';
import { modelZoo } from '#model/zoo/presets.js';
import { trainSources } from '#protocol/run/data-config.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import { demoDocument } from './demo-document.js';

const document = demoDocument();

it('demo/run.yaml is a run document: at least 256 pairs in at least 4 shards, a held-out and a seen evaluation', () => {
  const config = parseRunConfig(document.training(400, '/store'), modelZoo);
  expect(config.batch).toBeGreaterThanOrEqual(256);
  expect([document.batch, document.shards]).toEqual([config.batch, config.shards]);
  expect(document.shards).toBeGreaterThanOrEqual(4);
  expect(config.evaluation.zeroShot.map(({ name }) => name)).toEqual(['held-out', 'seen']);
  expect([config.steps, config.store]).toEqual([400, 'file:/store']);
});

it('finds its data sets from any working directory', () => {
  const { data, evaluation } = parseRunConfig(document.training(400, '/store'), modelZoo);
  expect(
    [...trainSources(data).map(({ data: place }) => place), ...evaluation.zeroShot.map((one) => one.data)].every(
      isAbsolute,
    ),
  ).toBe(true);
});

it.each([1, 8, 20, 400])('%i steps leave room after the warm-up', (steps) => {
  const { schedule } = parseRunConfig(document.training(steps, '/store'), modelZoo);
  expect(schedule.warmupSteps).toBeLessThanOrEqual(steps / 5);
});

it.each([
  [20, [10, 20]],
  [400, [80, 160, 240, 320, 400]],
  [451, [91, 182, 273, 364, 451]],
])('in %i steps the held-out style is evaluated after steps %j, the seen one at the end', (steps, after) => {
  const config = parseRunConfig(document.training(steps, '/store'), modelZoo);
  const [heldOut, seen] = config.evaluation.zeroShot;
  const due = Array.from({ length: steps }, (_, at) => at + 1).filter(
    (step) => step % heldOut!.everySteps! === 0 || step === steps,
  );
  expect(due).toEqual(after);
  expect([heldOut?.name, seen?.everySteps, config.evaluation.everySteps]).toEqual(['held-out', undefined, undefined]);
});

it('a calibration does the same work, but is neither stored nor evaluated', () => {
  const { name: _name, evaluation, store, steps, ...calibration } = parseRunConfig(document.calibration(8), modelZoo);
  const training = parseRunConfig(document.training(8, '/store'), modelZoo);
  expect(calibration).toEqual({
    ...training,
    name: undefined,
    evaluation: undefined,
    store: undefined,
    steps: undefined,
  });
  expect([evaluation.zeroShot, store, steps]).toEqual([[], undefined, 8]);
});
