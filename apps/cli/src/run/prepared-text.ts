import { documentDifferences } from '#protocol/run/amendment.js';
import { parseRunConfig, type RunConfig } from '#protocol/run/run-config.js';
import type { DerivedNumbers, RunStatus } from '#protocol/run/run-status.js';
import { percent, whole } from '#report/figures.js';
import { derivedText } from './run-text.js';

/** What is said of a run when its data are read: what its document changes, the numbers that follow, and warnings. */
export function preparedText(run: RunStatus): string {
  const config = run.config as RunConfig;
  return [
    ...documentText(config),
    ...(run.derived ? derivedText(run.derived) : []),
    ...(run.derived ? warnings(config, run.derived).map((one) => `warning: ${one}`) : []),
  ]
    .map((line) => `  ${line}`)
    .join('\n');
}

/** What a document says, without what it leaves at its default: a line for each key. */
export function documentText(config: RunConfig): string[] {
  const { name, model, modelName, data, batch, shards, shardSize, steps, tokenizer } = config;
  const plainest = parseRunConfig({
    name,
    model,
    data: { train: data.train },
    batch,
    shards,
    shardSize,
    steps,
    tokenizer,
  });
  const changed = documentDifferences({ ...plainest, modelName }, config).filter(({ now }) => now !== undefined);
  return [
    `${modelName === 'custom' ? 'a model of its own' : modelName}, ${whole(batch)} pairs a step, ${whole(steps)} steps`,
    `data.train: ${data.train}`,
    ...changed.map(({ path, now }) => `${path}: ${typeof now === 'string' ? now : JSON.stringify(now)}`),
  ];
}

/** What is allowed in a run and seldom meant. */
export function warnings({ batch, steps, evaluation, checkpoint }: RunConfig, derived: DerivedNumbers): string[] {
  const { trainPairs, stepsPerEpoch, epochs } = derived;
  const [pairs, share] = [whole(trainPairs), percent(batch / trainPairs)];
  const found: string[] = [];
  if (batch > trainPairs)
    found.push(`a batch of ${whole(batch)} holds each of the ${pairs} pairs several times; a smaller one does as much`);
  else if (batch > trainPairs / 2)
    found.push(`a batch holds ${share} of all pairs: ${stepsPerEpoch.toFixed(1)} steps see every pair once`);
  if (epochs < 1) found.push(`the run ends before it has seen every pair: ${whole(batch * steps)} of ${pairs}`);
  const judge = evaluation.zeroShot.find(({ name }) => name === checkpoint.keepBest);
  if (judge && (judge.everySteps ?? evaluation.everySteps) === undefined)
    found.push('checkpoint.keepBest has only one result to choose from: set evaluation.everySteps');
  return found;
}
