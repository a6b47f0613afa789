import type { RunState, RunStatus } from '#protocol/run/run-status.js';

/** Which ended runs are kept. A run that either limit is against is removed. */
export interface RetentionRules {
  /** How many, the newest first; any number if left out. */
  readonly runs: number | undefined;
  /** For how many days after their end; for ever if left out. */
  readonly days: number | undefined;
  /** The states of the runs that are counted and removed. Others are kept. */
  readonly states: readonly RunState[];
}

/** What is known of an ended run, listed or not. */
export type EndedRun = Pick<RunStatus, 'id' | 'state' | 'createdAt' | 'endedAt' | 'store'>;

export interface ExpiredRun {
  readonly id: string;
  /** The limit that it is beyond, as a sentence. */
  readonly why: string;
}

const dayMs = 86_400_000;

/** The runs to remove at time `now`, the oldest first. */
export function expiredRuns(runs: readonly EndedRun[], rules: RetentionRules, now: Date): ExpiredRun[] {
  const oldestFirst = runs
    .filter(({ state }) => rules.states.includes(state))
    .toSorted((left, right) => (endOf(left) < endOf(right) ? -1 : 1));
  const surplus = oldestFirst.length - (rules.runs ?? Infinity);
  const since = new Date(now.getTime() - (rules.days ?? 0) * dayMs).toISOString();
  return oldestFirst.flatMap((run, at) => {
    const { id, state } = run;
    const end = `It is ${state} since ${endOf(run)}`;
    if (at < surplus) return [{ id, why: `${end}, and the ${rules.runs} newest are kept (TANDEM_KEEP_RUNS).` }];
    if (rules.days !== undefined && endOf(run) < since)
      return [{ id, why: `${end}, and runs are kept for ${rules.days} days (TANDEM_KEEP_RUNS_DAYS).` }];
    return [];
  });
}

function endOf({ endedAt, createdAt }: EndedRun): string {
  return endedAt ?? createdAt;
}
