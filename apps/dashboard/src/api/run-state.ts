import type { RunState, RunStatus } from '#protocol/run/run-status.js';

type Stated = Pick<RunStatus, 'state'>;

const ended: readonly RunState[] = ['completed', 'failed', 'cancelled'];

export function hasEnded({ state }: Stated): boolean {
  return ended.includes(state);
}

export function canPause({ state }: Stated): boolean {
  return !ended.includes(state) && state !== 'paused';
}

export function canCancel({ state }: Stated): boolean {
  return !ended.includes(state);
}

/** May the run go on? A completed one only with more to do. */
export function canResume({ state }: Stated): boolean {
  return ended.includes(state) || state === 'paused';
}
