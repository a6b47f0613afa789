import { desertionOf, neededBytes, type Desertion } from './checks/worker-room.js';
import type { RunEntry } from './run-entry.js';
import { isUnderWay } from './run-transition.js';
import type { Trainer } from './trainer.js';

const everyMs = 1000;

/**
 * Says in the status of each run that trains when there is no worker left that can do its tasks, and since when: none
 * at all, or none with enough memory. The next event of the run says that it goes on.
 */
export function watchDesertion(
  { trainer, now }: { readonly trainer: Pick<Trainer, 'workers'>; now(): Date },
  entries: () => readonly RunEntry[],
): { stop(): void } {
  const needs = new WeakMap<RunEntry, number>();
  const needOf = (entry: RunEntry): number => {
    const bytes = needs.get(entry) ?? neededBytes(entry.status);
    needs.set(entry, bytes);
    return bytes;
  };
  let deserted = new Map<RunEntry, { readonly why: Desertion; readonly since: string; readonly isTold: boolean }>();
  const look = (): void => {
    const workers = trainer.workers();
    const before = deserted;
    deserted = new Map();
    for (const entry of entries().filter(({ status, training }) => training && isUnderWay(status))) {
      const why = desertionOf(workers, needOf(entry));
      if (!why) continue;
      const known = before.get(entry);
      const same = known?.why.kind === why.kind ? known : undefined;
      const since = same?.since ?? now().toISOString();
      const isDue = !same?.isTold && entry.status.state !== 'preparing';
      if (isDue) entry.change({ kind: 'deserted', since, why });
      deserted.set(entry, { why, since, isTold: isDue || (same?.isTold ?? false) });
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
