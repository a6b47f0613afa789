import type { DataSetList } from '#protocol/history/image-search.js';
import { placesIn } from '#protocol/run/document-places.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

type RunDataset = DataSetList['dataSets'][number];

/** The data sets that a run's document names, for training and for evaluation, each once. */
export function runDatasets({ config }: Pick<RunStatus, 'config'>): RunDataset[] {
  const named = placesIn(config).filter(({ path }) => /^(data|evaluation)\./.test(path));
  const first = new Map<string, string>();
  for (const { path, location } of named) if (!first.has(location)) first.set(location, path);
  return [...first].map(([url, place]) => ({ place, url }));
}

/** The one at a place of the document. Throws NOT_FOUND: no other is read, whatever the caller names. */
export function runDataset(run: Pick<RunStatus, 'id' | 'config'>, place: string): RunDataset {
  const all = runDatasets(run);
  const found = all.find((one) => one.place === place);
  if (found) return found;
  throw new TandemError({
    code: ErrorCode.NotFound,
    message:
      `Run ${run.id}: expected one of its data sets, ${all.map((one) => one.place).join(', ')}, ` +
      `got "${place.slice(0, 100)}"`,
    help: `GET /v1/runs/${run.id}/data-sets lists them.`,
    context: { run: run.id },
  });
}
