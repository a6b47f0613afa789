import { documentDifferences } from '#protocol/run/document-differences.js';
import { trainSources } from '#protocol/run/data-config.js';
import { parseRunConfig, type RunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { whole } from '#report/figures.js';
import { derivedText } from './run-text.js';

/** What is said of a run when its data are read: what its document changes, the numbers that follow, and warnings. */
export function preparedText(run: RunStatus): string {
  const config = run.config as RunConfig;
  return [...documentText(config), ...(run.derived ? derivedText(run.derived) : [])]
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
    ...trainSources(data).map(
      ({ data: place, weight }) => `data.train: ${place}${weight === undefined ? '' : `, weight ${weight}`}`,
    ),
    ...changed.map(({ path, now }) => `${path}: ${typeof now === 'string' ? now : JSON.stringify(now)}`),
  ];
}
