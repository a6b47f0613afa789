import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Time } from '../time.js';
import { outlast } from './outage.js';
import type { RunEvent } from './run-event.js';

/** A run that can be asked to stop. */
export interface Stoppable {
  readonly config: Pick<RunConfig, 'limits'>;
  readonly time: Time;
  readonly stopping: AbortSignal;
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

export type Outlasting = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Does work again, after a pause, for as long as it fails by something that time mends. */
export function untilItWorks({ config, time, onEvent, signal, stopping }: Stoppable): Outlasting {
  return async (work) => {
    const firstMs = time.nowMs();
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (error) {
        const again = outlast(error, { failures, sinceMs: time.nowMs() - firstMs }, config.limits);
        if (!again || signal.aborted || stopping.aborted) throw error;
        onEvent({ kind: 'waiting', reason: again.reason });
        await time.sleep(again.pauseMs, AbortSignal.any([signal, stopping])).catch(() => undefined);
      }
    }
  };
}

/**
 * Does what comes before the first step, until it works. There is nothing to save yet: asked to stop in whatever way,
 * it ends soon, with CANCELLED.
 */
export async function beforeSteps<Result>(
  options: Stoppable,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.any([options.signal, options.stopping]);
  try {
    return await untilItWorks(options)(() => work(signal));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new TandemError({ code: ErrorCode.Cancelled, message: 'The run was stopped before its first step.' });
  }
}
