import type { RunEntry } from './run-entry.js';
import { isUnderWay } from './run-transition.js';
import type { Trainer } from './trainer.js';

const everyMs = 1000;

/**
 * Says in the status of each run that trains when there is no worker left to do its tasks, and since when. The next
 * event of the run says that it goes on.
 */
export function watchDesertion(
  { trainer, now }: { readonly trainer: Pick<Trainer, 'workers'>; now(): Date },
  entries: () => readonly RunEntry[],
): { stop(): void } {
  let since: string | undefined;
  let told: readonly RunEntry[] = [];
  const look = (): void => {
    const isDeserted = !trainer.workers().some(({ state }) => state === 'idle' || state === 'busy');
    since = isDeserted ? (since ?? now().toISOString()) : undefined;
    if (since === undefined) return void (told = []);
    const deserted = entries().filter(({ status, training }) => training && isUnderWay(status));
    const toldBefore = told;
    told = deserted.filter((entry) => toldBefore.includes(entry) || entry.status.state !== 'preparing');
    for (const entry of told) if (!toldBefore.includes(entry)) entry.change({ kind: 'deserted', since });
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
