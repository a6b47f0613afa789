import { shardsPerTaskMax } from '#protocol/pool/task.js';

/**
 * Plans which worker should encode which shard, so that each gets neighbours and can send one sum for them: for each
 * shard, the worker that is preferred. The workers get runs of shards in their order, as long as their `shares` say, at
 * least one shard each; workers beyond the number of shards get none. Where a run ends, it ends with a large node of
 * the reduction tree, even if that is a shard before or after its share. A pure function. It affects only the speed:
 * workers that are done with their own shards take those of others.
 */
export function planNeighbours(shards: number, shares: ReadonlyMap<string, number>): string[] {
  const workers = [...shares].slice(0, shards);
  const total = workers.reduce((sum, [, share]) => sum + share, 0);
  const plan: string[] = [];
  let done = 0;
  for (const [index, [worker, share]] of workers.entries()) {
    done += share;
    const [least, most] = [plan.length + 1, shards - (workers.length - 1 - index)];
    const end = index === workers.length - 1 ? shards : nodeEnd((shards * done) / total, least, most);
    while (plan.length < end) plan.push(worker);
  }
  return plan;
}

/** A worker this close to its peers counts as one of them: otherwise the plan would follow each chance. */
const alike = 1.25;

/**
 * The share of a batch that each worker should get: the inverse of its slowness, which is its time for a shard over
 * that of its peers. One that counts as a straggler gets none, unless all do. A pure function.
 */
export function sharesOf(slowness: ReadonlyMap<string, number>, stragglerFactor: number): Map<string, number> {
  const all = [...slowness].map(
    ([worker, slow]) => [worker, slow < alike && slow > 1 / alike ? 1 : 1 / Math.max(slow, 1e-3)] as const,
  );
  const fast = all.filter(([, share]) => share > 1 / stragglerFactor);
  return new Map(fast.length > 0 ? fast : all);
}

/** The least work that is worth a task of its own: queue and store take some milliseconds for it. */
const taskMs = 100;

/**
 * How many neighbouring shards are encoded as one task at most, if one shard takes `shardMs`; a single one while that
 * is not known. A worker that is done can take only whole tasks from others, so tasks are no longer than they must be.
 * A pure function.
 */
export function shardsPerTask(shardMs: number | undefined): number {
  if (shardMs === undefined) return 1;
  return Math.min(Math.max(Math.floor(taskMs / Math.max(shardMs, 1)), 1), shardsPerTaskMax);
}

/** Of the whole numbers that are at most 1 away, the one that is divided by the largest power of two. */
function nodeEnd(exact: number, least: number, most: number): number {
  const nearest = Math.min(Math.max(Math.round(exact), least), most);
  const near = [nearest, nearest - 1, nearest + 1].filter(
    (end) => end >= least && end <= most && Math.abs(end - exact) <= 1,
  );
  return near.toSorted((left, right) => widthAt(right) - widthAt(left))[0] ?? nearest;
}

/** The largest power of two that divides a positive whole number. */
function widthAt(end: number): number {
  return end & -end;
}
