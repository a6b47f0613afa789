import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { expiredRuns, type EndedRun, type ExpiredRun, type RetentionRules } from './expired-runs.js';

/** Removes ended runs that are beyond the limits of the rules. */
export interface Retention {
  /** Looks soon which are. It also looks every hour. */
  wake(): void;
  /** Resolves when a removal that has begun is done. No other begins. */
  close(): Promise<void>;
}

export interface RetentionOptions {
  readonly rules: RetentionRules;
  /** All runs that have ended. */
  ended(): readonly EndedRun[];
  /** Does the document of a run that may still go on name this one? */
  isNeeded(id: string): boolean;
  remove(id: string): Promise<void>;
  onRemoved(run: ExpiredRun): void;
  onError(error: TandemError): void;
  now(): Date;
}

const everyMs = 3_600_000;

export function openRetention(options: RetentionOptions): Retention {
  const { rules } = options;
  const isOff = rules.runs === undefined && rules.days === undefined;
  let [isDue, isClosed] = [false, false];
  let sweeping: Promise<void> = Promise.resolve();

  async function sweep(): Promise<void> {
    isDue = false;
    for (const run of expiredRuns(options.ended(), rules, options.now())) {
      if (isClosed) return;
      if (options.isNeeded(run.id)) continue;
      try {
        await options.remove(run.id);
        options.onRemoved(run);
      } catch (error) {
        options.onError(unremoved(run, error));
      }
    }
  }
  function wake(): void {
    if (isOff || isDue || isClosed) return;
    isDue = true;
    sweeping = sweeping.then(sweep);
  }
  const timer = setInterval(wake, everyMs);
  timer.unref();
  return {
    wake,
    close() {
      isClosed = true;
      clearInterval(timer);
      return sweeping;
    },
  };
}

function unremoved({ id, why }: ExpiredRun, cause: unknown): TandemError {
  const { code, message, help } = toWireError(cause, ErrorCode.StoreFailed);
  return new TandemError({
    code,
    message: `Run ${id} is to be removed, and could not be: ${message} ${why}`,
    help: [help, 'It is tried again every hour.'].join(' ').trim(),
    context: { run: id },
    cause,
  });
}
