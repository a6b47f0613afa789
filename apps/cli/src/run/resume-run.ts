import type { ApiClient } from '#cluster/api-client.js';
import { fixedDifferences } from '#protocol/run/amendment.js';
import { locationFrom, withPlaces } from '#protocol/run/document-places.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { shownJson } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/**
 * Lets a run that was stopped go on, with what its document says now. Returns its id. `wanted`: the id of a run, or
 * true for the newest one of the document's name. Throws NOT_FOUND if there is none, and CONFIG_INVALID naming every
 * setting that differs and that past steps depended on.
 */
export async function resumeRun(api: ApiClient, document: RunConfig, wanted: string | true): Promise<string> {
  const run = wanted === true ? await newestOf(api, document.name) : await api.run(wanted);
  // A run that an earlier version began may have places as they were seen from the working directory.
  const began = withPlaces(run.config, (location) => locationFrom(process.cwd(), location)) as RunConfig;
  refuseDifferences(run.id, began, document);
  const { steps, evaluation, checkpoint, limits } = document;
  await api.resume(run.id, { steps, evaluation, checkpoint, limits });
  return run.id;
}

async function newestOf(api: ApiClient, name: string): Promise<RunStatus> {
  const runs = await api.runs();
  const newest = runs.find((run) => run.name === name);
  if (newest) return api.run(newest.id);
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Resume: expected a run named ${name} in the folder, got ${runs.length === 0 ? 'no run' : 'others only'}`,
    help:
      runs.length === 0
        ? 'Name its folder with --out, or leave --resume out to begin a run.'
        : `Name one of them: --resume ${runs
            .slice(0, 5)
            .map(({ id }) => id)
            .join(' or ')}`,
  });
}

function refuseDifferences(id: string, began: RunConfig, document: RunConfig): void {
  const found = fixedDifferences(began, document);
  if (found.length === 0) return;
  const problems = found.map(({ path, before, now }) => ({
    path,
    message: `expected ${shownJson(before)}, as the run began with, got ${shownJson(now)}`,
  }));
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Run ${id} cannot go on with this document, because its past steps depend on what has changed:\n` +
      problems.map(({ path, message }) => `  ${path}: ${message}`).join('\n'),
    help:
      'steps, evaluation, checkpoint and limits may change. To train on with other settings, begin another run from ' +
      'its checkpoint (init.weights), which starts the optimizer and the warm-up again.',
    problems,
  });
}
