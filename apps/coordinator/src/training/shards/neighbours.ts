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

/** How many shards each worker has encoded, in the order of their first ones. */
export function sharesOf(encodedBy: readonly string[]): Map<string, number> {
  const shares = new Map<string, number>();
  for (const worker of encodedBy) shares.set(worker, (shares.get(worker) ?? 0) + 1);
  return shares;
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
