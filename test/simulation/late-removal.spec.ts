// Goal: a leader that froze while it removed the blobs of a committed step harms nothing when it goes on, even if
// another has to take that very step again. Method: the removal hangs on its way to the store, the journal is damaged,
// another coordinator takes over, and the removal arrives at some moment of its work, one that is tried after another.
import { expect, it } from 'vitest';
import { chanceOf } from '../fuzz/chance.js';
import { openChecker } from './checker.js';
import { startCluster, type Cluster } from './cluster.js';
import { undisturbed } from './schedule.js';
import { smallRun } from './small-run.js';
import { simulatedRedis } from './world/simulated-redis.js';
import { simulatedStore } from './world/simulated-store.js';
import { openWorld } from './world/world.js';
import { runKeys } from '#store/run/keys.js';

const run = smallRun();
const keys = runKeys(run.id);

it('a removal that comes late removes nothing of the leader that takes the step again', async () => {
  let takenAgain = 0;
  for (let lateMs = 2500; lateMs <= 6500; lateMs += 50) {
    const { problems, committed } = await withLateRemoval(lateMs);
    expect(problems, `${lateMs} ms late`).toEqual([]);
    takenAgain += committed.filter((step) => step === 3).length - 1;
  }
  expect(takenAgain).toBeGreaterThan(0);
});

/** Trains the small run; the removal of the third step's blobs takes effect so late. */
async function withLateRemoval(lateMs: number): Promise<{ problems: readonly string[]; committed: number[] }> {
  const world = openWorld(chanceOf(1, 'late removal', 0));
  const store = simulatedStore(world);
  const checker = openChecker(run, store.blobs, undefined);
  const committed: number[] = [];
  let isFrozen = false;
  const onLine = (line: string): void => {
    const step = Number(/: step (\d+)$/.exec(line)?.[1] ?? NaN);
    if (!Number.isNaN(step)) committed.push(step);
    if (step !== 3 || isFrozen) return;
    isFrozen = true;
    // What it does next is to remove the blobs.
    freeze([...cluster.coordinators].find(({ isLeading }) => isLeading)!.process);
  };
  const freeze = (leader: Parameters<typeof store.hang>[0]): void => {
    store.hang(leader, keys.stepsPrefix, lateMs);
    leader.freeze();
    store.damage(keys.journal(2));
    world.after(lateMs + 1000, () => leader.wake());
  };
  const cluster: Cluster = startCluster(
    { world, run, store, redis: simulatedRedis(world), checker, plant: {}, onLine },
    { ...undisturbed, coordinators: 2, workers: 2 },
  );
  await world.run(() => cluster.isComplete() || checker.problems.length > 0, 120_000);
  if (!cluster.isComplete()) checker.problem('the run did not end');
  return { problems: checker.problems, committed };
}
