import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ChildProcess } from './child-process.js';

export interface UntilOptions {
  readonly what: string;
  readonly withinMs: number;
  readonly everyMs: number;
  /** The process that is waited for. If it ends, so does the wait. */
  readonly process: ChildProcess;
}

/** Poll until `condition` holds. Throws the crash of the process if it ends, and INTERNAL when time is up. */
export async function until(
  condition: () => Promise<boolean>,
  { what, withinMs, everyMs, process }: UntilOptions,
): Promise<void> {
  let ending: string | undefined;
  void process.ended.then((how) => (ending = how));
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (ending !== undefined) throw process.crash(ending);
    if (performance.now() > deadline) {
      throw new TandemError({
        code: ErrorCode.Internal,
        message: `Waited ${withinMs / 1000} s for ${what}, in vain`,
        help: `Its log is ${process.log}.`,
      });
    }
    await delay(everyMs);
  }
}
