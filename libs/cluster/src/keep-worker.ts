import { toWireError, ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ChildProcess } from './child-process.js';

export interface KeptWorker {
  readonly worker: ChildProcess;
  /** Starts another in its place. */
  start(): Promise<ChildProcess>;
  /** Called when it has ended, with what happens next: `it is started again in 1 s`. */
  onEnd(ending: string, next: string): void;
  isStopping(): boolean;
  sleep(ms: number): Promise<unknown>;
  nowMs(): number;
}

/** Pauses before a worker is started again, in order. After the last one it is given up. */
export const restartPausesMs: readonly number[] = [1000, 5000, 30_000];

/** A worker that has lived for so long counts as one that never ended. */
const soundMs = 600_000;

/**
 * Starts a worker again when it ends, a few times, with a growing pause. Resolves with its last crash when it is given
 * up, and with undefined when the cluster stops.
 */
export async function keepWorker(kept: KeptWorker): Promise<TandemError | undefined> {
  let { worker } = kept;
  for (let ends = 0; ;) {
    const startedMs = kept.nowMs();
    const ending = await worker.ended;
    if (kept.isStopping()) return undefined;
    if (kept.nowMs() - startedMs >= soundMs) ends = 0;
    const pauseMs = restartPausesMs[ends];
    if (pauseMs === undefined) {
      kept.onEnd(ending, 'it is not started again');
      return worker.crash(ending);
    }
    ends += 1;
    kept.onEnd(ending, `it is started again in ${pauseMs / 1000} s`);
    await kept.sleep(pauseMs);
    if (kept.isStopping()) return undefined;
    try {
      worker = await kept.start();
    } catch (error) {
      return TandemError.fromWire(toWireError(error, ErrorCode.Internal));
    }
  }
}
