import { chanceOf } from '../fuzz/chance.js';
import { differences, openChecker, type Outcome } from './checker.js';
import { startCluster } from './cluster.js';
import { disturb } from './disturb.js';
import { drawSchedule, quietMs, type DisturbanceKind, type Schedule } from './schedule.js';
import { smallRun } from './small-run.js';
import type { Plant } from './world/simulated-coordinator.js';
import { simulatedRedis } from './world/simulated-redis.js';
import { simulatedStore } from './world/simulated-store.js';
import { openWorld } from './world/world.js';

/** After so much simulated time, a run that nobody disturbs any more counts as stuck. */
const stuckMs = quietMs + 240_000;
/** For so long after the end, coordinators that were frozen may try what they want. */
const afterwardsMs = 2000;

export interface SimulationOptions {
  readonly seed: number;
  /** Drawn from the seed if left out. */
  readonly schedule?: Schedule;
  readonly plant?: Plant;
  readonly shards?: number;
  readonly verifyShare?: number;
  /** What the undisturbed run left. */
  readonly expected?: Outcome;
  readonly onLine?: (line: string) => void;
}

export interface Simulated {
  /** What should not be, in sentences. */
  readonly problems: readonly string[];
  readonly outcome: Outcome;
  /** The kinds of disturbances that took effect. */
  readonly disturbed: readonly DisturbanceKind[];
  readonly simulatedMs: number;
}

/** Trains the small run once, in a world of its own, and says what was wrong. A function of its options. */
export async function simulate({
  seed,
  schedule: given,
  plant = {},
  shards,
  verifyShare,
  expected,
  onLine = () => undefined,
}: SimulationOptions): Promise<Simulated> {
  const world = openWorld(chanceOf(seed, 'simulation', 0));
  const schedule = given ?? drawSchedule(world);
  const run = smallRun(shards, verifyShare);
  const store = simulatedStore(world);
  const checker = openChecker(run, store.blobs, expected);
  const cluster = startCluster({ world, run, store, redis: simulatedRedis(world), checker, plant, onLine }, schedule);
  const disturbed: DisturbanceKind[] = [];
  for (const disturbance of schedule.disturbances)
    world.after(disturbance.atMs, () => void (disturb(cluster, disturbance) && disturbed.push(disturbance.kind)));
  world.after(quietMs, () => cluster.calm());

  await world.run(() => cluster.isComplete() || checker.problems.length > 0, stuckMs);
  const simulatedMs = world.nowMs();
  if (cluster.isComplete()) {
    cluster.calm();
    const hasOthers = (): boolean => [...cluster.coordinators].some(({ isLeading }) => isLeading);
    await world.run(() => !hasOthers(), simulatedMs + afterwardsMs);
  } else if (checker.problems.length === 0) checker.problem('the run did not end');
  const outcome = checker.outcome();
  if (expected && checker.problems.length === 0) differences(outcome, expected).forEach(checker.problem);
  return { problems: checker.problems, outcome, disturbed, simulatedMs };
}
