import { versionMismatch, type CoordinatorRecord } from '#protocol/pool/presence.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import type { PoolLimits } from './pool-decision.js';
import type { SeenWorker } from './pool-state.js';
import type { SetAside } from './set-aside.js';

/** A worker as the API shows it. */
export function statusOf({ record, lastSeenAt }: SeenWorker, { state, reason }: Standing): WorkerStatus {
  const { beat: _beat, protocol: _protocol, trouble: _trouble, arithmetic: _arithmetic, ...shown } = record;
  return { ...shown, state, reason, lastSeenAt: new Date(lastSeenAt).toISOString() };
}

/** The state of a worker and the reason for it. Only workers that are present are given tasks. */
export type Standing = Pick<WorkerStatus, 'state' | 'reason'> & { readonly isPresent: boolean };

/** `observedMs` by the clock that counts silence, `nowMs` by the one that counts pauses. A pure function. */
export function standing(
  { record, lastSeenMs }: SeenWorker,
  self: CoordinatorRecord,
  { observedMs, nowMs }: { readonly observedMs: number; readonly nowMs: number },
  { leaseMs }: Pick<PoolLimits, 'leaseMs'>,
  aside: SetAside | undefined,
): Standing {
  const mismatch = versionMismatch(self, record);
  if (mismatch !== undefined) return { state: 'refused', reason: mismatch, isPresent: false };
  const silentMs = observedMs - lastSeenMs;
  if (silentMs >= leaseMs) return { state: 'lost', reason: `silent for ${silentMs} ms`, isPresent: false };
  if (record.trouble !== null) return { state: 'setAside', reason: record.trouble, isPresent: false };
  if (aside?.convictedAs === record.startedAt)
    return {
      state: 'setAside',
      reason: `gets no tasks until it is started again. ${aside.reason}`,
      isPresent: false,
    };
  if (aside && aside.convictedAs === undefined && nowMs < aside.untilMs) {
    const seconds = Math.ceil((aside.untilMs - nowMs) / 1000);
    return { state: 'setAside', reason: `gets no tasks for ${seconds} s more: ${aside.reason}`, isPresent: false };
  }
  return { state: record.task ? 'busy' : 'idle', reason: '', isPresent: true };
}
