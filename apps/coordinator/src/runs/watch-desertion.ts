import type { RunEntry } from './run-entry.js';
import { isUnderWay } from './run-transition.js';
import type { Trainer } from './trainer.js';

const everyMs = 1000;

/**
 * Says in the status of a run that trains when there is no worker left to do its tasks, and since when. The next event
 * of the run says that it goes on.
 */
export function watchDesertion(
  { trainer, now }: { readonly trainer: Pick<Trainer, 'workers'>; now(): Date },
  entries: () => readonly RunEntry[],
): { stop(): void } {
  let since: string | undefined;
  let told: RunEntry | undefined;
  const look = (): void => {
    const isDeserted = !trainer.workers().some(({ state }) => state === 'idle' || state === 'busy');
    since = isDeserted ? (since ?? now().toISOString()) : undefined;
    const entry = entries().find(({ status, training }) => training && isUnderWay(status));
    if (since === undefined || !entry) told = undefined;
    else if (entry !== told && entry.status.state !== 'preparing') {
      told = entry;
      entry.change({ kind: 'deserted', since });
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
