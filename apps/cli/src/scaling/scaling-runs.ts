import { documentDifferences } from '#protocol/run/document-differences.js';
import { scoreOfResult } from '#protocol/run/evaluation-result.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { shownJson } from '#protocol/input/shown.js';
import type { ScalingPoint } from '#evaluate/reports/scaling-report.js';

/** One training of the curve: a run document with a share of its data. */
export interface ShareRun {
  readonly share: number;
  readonly document: RunConfigInput;
  /** What an earlier command began with it, if it did. */
  readonly known: RunStatus | undefined;
}

/** What is the same for every share: the number of steps, or how often each pair is seen. */
export type Kept = 'steps' | 'epochs';

/** The runs of a document with these shares of its data, and what `runs` has of them already. */
export function shareRuns(
  document: RunConfigInput,
  { shares, kept }: { readonly shares: readonly number[]; readonly kept: Kept },
  runs: readonly RunStatus[],
  store: string,
): ShareRun[] {
  return shares.map((share) => {
    const own = {
      ...(kept === 'epochs' ? withFewerSteps(document, share) : document),
      ...{ name: nameOf(document.name, share), store, data: { ...document.data, share } },
    };
    const known = runs.find(({ name }) => name === own.name);
    if (known) requireSame(known, parseRunConfig(own, modelZoo));
    return { share, document: own, known };
  });
}

/** Steps and warm-up in proportion. */
function withFewerSteps(document: RunConfigInput, share: number): RunConfigInput {
  const { schedule } = document;
  return {
    ...document,
    steps: Math.max(1, Math.round(document.steps * share)),
    ...(schedule?.warmupSteps && { schedule: { ...schedule, warmupSteps: Math.floor(schedule.warmupSteps * share) } }),
  };
}

/** The point of a run that is complete. Throws NOT_FOUND if it has no result of this evaluation at its last step. */
export function pointOfRun(share: number, run: RunStatus, evaluation: string): ScalingPoint & { unit: string } {
  const result = run.evaluations.find(({ name, step }) => name === evaluation && step === run.steps);
  if (!result || !run.derived)
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Scaling: expected a result of "${evaluation}" after step ${run.steps} of run ${run.id}, found none.`,
      help: 'Remove this run, and begin again with the same command.',
    });
  const { name: unit, value: score } = scoreOfResult(result);
  const { trainPairs: pairs, epochs } = run.derived;
  return { share, pairs, steps: run.steps, epochs, score, run: run.id, checkpoint: run.checkpoint, unit };
}

/** `small-share-0.0625` without the point, which names of runs do not have. */
function nameOf(name: string, share: number): string {
  const suffix = `-share-${String(share).replace('.', '-')}`.slice(0, 20);
  return `${name.slice(0, 48 - suffix.length)}${suffix}`;
}

/** A curve of runs with different settings would mean nothing. */
function requireSame({ id, config }: RunStatus, wanted: RunConfig): void {
  const [first] = documentDifferences(config, wanted).filter(
    ({ path }) => !['store', 'limits', 'priority'].includes(path.split('.')[0]!) && path !== 'init.sha256',
  );
  if (!first) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Scaling: expected the document of run ${id}, which an earlier command began, got another: ${first.path} is ` +
      `${shownJson(first.now)} and was ${shownJson(first.before)}.`,
    help: 'Give another --out to begin again, or put the document back.',
  });
}
