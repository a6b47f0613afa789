import type { World } from './world/world.js';

/** What happens to the processes and their surroundings, and when. */
export interface Disturbance {
  readonly atMs: number;
  readonly kind: DisturbanceKind;
  /** How long it lasts, if it does. */
  readonly forMs: number;
}

export const disturbanceKinds = [
  'kill a worker',
  'freeze a worker',
  'start a worker',
  'kill the leader',
  'freeze the leader',
  'stop the leader',
  'kill a standby',
  'Redis away',
  'Redis loses its data',
  'store away',
  'store hangs in a folder',
  'damage a checkpoint',
  'damage the journal',
] as const;
export type DisturbanceKind = (typeof disturbanceKinds)[number];

export interface Schedule {
  readonly coordinators: number;
  readonly workers: number;
  /** Probabilities of single failures, all the time until it becomes quiet. */
  readonly losing: number;
  readonly repeating: number;
  readonly failing: number;
  readonly stale: number;
  /** The probability that a result of the first worker is wrong. Its hash is that of the wrong result. */
  readonly miscomputing: number;
  /** How many times as long as the others the first worker takes for a shard. */
  readonly slowness: number;
  readonly disturbances: readonly Disturbance[];
}

/** From then on nothing is disturbed any more, and the run must end. */
export const quietMs = 15_000;

export function drawSchedule({ chance, delay }: World): Schedule {
  const count = chance.below(6);
  return {
    coordinators: chance.pick([1, 2, 2, 3]),
    workers: 1 + chance.below(4),
    losing: chance.pick([0, 0, 0.02, 0.1]),
    repeating: chance.pick([0, 0.1]),
    failing: chance.pick([0, 0, 0.005, 0.03]),
    stale: chance.pick([0, 0, 0.1]),
    miscomputing: 0,
    slowness: chance.pick([1, 1, 10]),
    disturbances: Array.from({ length: count }, () => ({
      atMs: delay(50, 6000),
      kind: chance.pick(disturbanceKinds),
      forMs: delay(100, 8000),
    })),
  };
}

/** Nobody is disturbed: one coordinator, one worker. */
export const undisturbed: Schedule = {
  ...{ coordinators: 1, workers: 1, losing: 0, repeating: 0, failing: 0, stale: 0, miscomputing: 0, slowness: 1 },
  disturbances: [],
};
