import { scoreOfResult } from '#protocol/run/evaluation-result.js';
import type { LoggedEvent } from '#protocol/history/event-log.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import type { RunChange } from '../run-transition.js';

/** What has happened to a run, besides its steps, since this process knows it. */
export interface EventLog {
  note(status: RunStatus, change: RunChange, at: string): void;
  all(): readonly LoggedEvent[];
}

/** Those of weeks of evaluations and checkpoints; older ones are forgotten. */
const eventsMax = 500;

export function openEventLog(): EventLog {
  let kept: LoggedEvent[] = [];
  return {
    note({ state, step, reason, best }, change, at) {
      if (change.kind === 'step' || change.kind === 'downloaded' || change.kind === 'counted') return;
      const text = textOf(change, best) ?? reason;
      const last = kept.at(-1);
      // A run that waits says so again and again.
      if (last?.kind === change.kind && last.text === text && last.step === step) return;
      kept.push({ at, kind: change.kind, state, step, text });
      if (kept.length > 1.25 * eventsMax) kept = kept.slice(-eventsMax);
    },
    all: () => kept.slice(-eventsMax),
  };
}

/** What a change says that leaves the reason of the run's state as it was. */
function textOf(change: RunChange, best: RunStatus['best']): string | undefined {
  switch (change.kind) {
    case 'evaluation': {
      const { name, value } = scoreOfResult(change.result);
      return `Evaluated ${change.result.name}: ${name} ${(100 * value).toFixed(1)} %.`;
    }
    case 'checkpoint':
      return 'Wrote a checkpoint.';
    case 'best':
      return `The best ${best?.result.name ?? 'result'} so far; its checkpoint is kept.`;
    default:
      return undefined;
  }
}
