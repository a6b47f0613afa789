import { setTimeout as delay } from 'node:timers/promises';
import { names } from '#protocol/pool/presence.js';
import { isReady, type BrokenKind, type ChaosWorker, type Cluster } from '../cluster.js';
import { nowMs, waitFor, type Effect, type Preparations, type Strikes } from './effect.js';

/** How long a victim is waited for that holds a task. */
const catchMs = 5_000;
/** How long a worker may take to start, join and do its first task. */
const joinMs = 60_000;
/** How long a worker may take to finish its tasks and leave. */
const leaveMs = 20_000;

export const workerFaults: Strikes<
  'worker-killed' | 'worker-frozen' | 'worker-joins' | 'worker-leaves' | 'worker-garbage' | 'worker-miscomputes'
> = {
  async 'worker-killed'(_fault, cluster) {
    const { worker, tasks } = await freezeOne(cluster);
    const startMs = nowMs();
    worker.process.signal('SIGKILL');
    await worker.process.ended;
    await cluster.startWorker(); // In its place, as whatever supervises workers does.
    return { acted: tasks > 0, startMs, endMs: nowMs(), what: `${worker.id} with ${tasks} tasks` };
  },

  async 'worker-frozen'({ lastsMs }, cluster) {
    const { worker, tasks } = await freezeOne(cluster);
    const startMs = nowMs();
    await delay(lastsMs);
    worker.process.signal('SIGCONT');
    return { acted: tasks > 0, startMs, endMs: nowMs(), what: `${worker.id} with ${tasks} tasks, ${lastsMs} ms` };
  },

  async 'worker-joins'({ workers = 1 }, cluster, isOver) {
    const startMs = nowMs();
    const news: ChaosWorker[] = [];
    while (cluster.workers().length < workers) news.push(await cluster.startWorker());
    const haveWorked = waitFor(async () => {
      const listed = await listedWorkers(cluster);
      const haveAll = news.every(({ id }) => (listed.get(id) ?? 0) > 0);
      return haveAll || isOver() ? haveAll : undefined;
    }, joinMs);
    const actedLater = haveWorked.then((acted) => acted ?? false);
    return { acted: true, actedLater, startMs, endMs: nowMs(), what: `${news.length} more, ${workers} in all` };
  },

  async 'worker-leaves'({ workers = 1 }, cluster) {
    const startMs = nowMs();
    const leavers = cluster.workers().slice(0, -workers); // The oldest, because the newest may not have started yet.
    for (const { process } of leavers) process.signal('SIGTERM');
    const left = await waitFor(() => (leavers.every(({ process }) => process.ending()) ? true : undefined), leaveMs);
    const endings = leavers.map(({ process }) => process.ending() ?? 'still there');
    const acted = left === true && endings.every((ending) => ending === 'exit code 0');
    return { acted, startMs, endMs: nowMs(), what: `${leavers.length} left (${endings.join(', ')})` };
  },

  async 'worker-garbage'({ lastsMs }, cluster, isOver) {
    const { effect } = await breakOne(cluster, 'garbage', lastsMs, isOver);
    return effect;
  },

  async 'worker-miscomputes'({ lastsMs }, cluster, isOver) {
    await twoWorkers(cluster, isOver); // It takes two to show that a third is wrong.
    const { id, effect } = await breakOne(cluster, 'wrong', lastsMs, isOver);
    const isNamed = cluster.output().includes(`Worker ${id} computes wrongly: `);
    return { ...effect, acted: effect.acted && isNamed, what: `${effect.what}, and was ${isNamed ? '' : 'not '}named` };
  },
};

export const workerPreparations: Preparations = {
  'worker-garbage': {
    start: (cluster) => brokenWorker(cluster, 'garbage'),
    isReady: (cluster) => cluster.brokenWorkers('garbage').some(isReady),
  },
  'worker-miscomputes': {
    start: (cluster) => brokenWorker(cluster, 'wrong'),
    isReady: (cluster) => cluster.brokenWorkers('wrong').some(isReady),
  },
};

/** Lets a worker break, and has it leave after a while. */
async function breakOne(
  cluster: Cluster,
  kind: BrokenKind,
  lastsMs: number,
  isOver: () => boolean,
): Promise<{ readonly id: string; readonly effect: Effect }> {
  const worker = await brokenWorker(cluster, kind);
  await waitFor(() => (isReady(worker) || isOver() ? true : undefined), joinMs);
  const { id, process } = worker; // It may have been started again.
  const flips = (): number => process.output().match(/^flipped a bit/gm)?.length ?? 0;
  const isUseless = (): boolean => process.ending() !== undefined || isOver();
  process.signal('SIGUSR2');
  await waitFor(() => (flips() > 0 || isUseless() ? true : undefined), joinMs);
  const startMs = nowMs();
  await delay(lastsMs);
  const endMs = nowMs();
  process.signal('SIGTERM');
  await waitFor(() => process.ending(), leaveMs);
  process.signal('SIGKILL');
  return { id, effect: { acted: flips() > 0, startMs, endMs, what: `${id} flipped a bit of ${flips()} results` } };
}

/** The worker that is to break. It is started if there is none, and is sound until it gets SIGUSR2. */
async function brokenWorker(cluster: Cluster, kind: BrokenKind): Promise<ChaosWorker> {
  return cluster.brokenWorkers(kind)[0] ?? cluster.startWorker(kind);
}

/** Freezes a worker while it holds tasks. If none can be caught with one, freezes any. */
async function freezeOne(cluster: Cluster): Promise<{ worker: ChaosWorker; tasks: number }> {
  const deadline = nowMs() + catchMs;
  for (let turn = 0; ; turn++) {
    const workers = cluster.workers();
    const worker = workers[turn % workers.length]!;
    worker.process.signal('SIGSTOP');
    const tasks = await tasksHeldBy(cluster, worker.id).catch(() => 0); // Redis may be away.
    if (tasks > 0 || nowMs() > deadline) return { worker, tasks };
    worker.process.signal('SIGCONT');
    await delay(7);
  }
}

/** How many tasks a worker has taken and not answered, read from BullMQ's own keys. */
async function tasksHeldBy({ redis: { client }, prefix }: Cluster, id: string): Promise<number> {
  const holders = [names.tasks, names.tasksOf(id)].map(async (name) => {
    const active = await client.lrange(`${prefix}:${name}:active`, 0, -1);
    return Promise.all(active.map((job) => client.hget(`${prefix}:${name}:${job}`, 'pb')));
  });
  return (await Promise.all(holders)).flat().filter((holder) => holder === id).length;
}

/** Waits until two workers are there that are not to break. */
export async function twoWorkers(cluster: Cluster, isOver: () => boolean): Promise<void> {
  await waitFor(async () => {
    const listed = await listedWorkers(cluster);
    return isOver() || cluster.workers().filter(({ id }) => listed.has(id)).length >= 2 ? true : undefined;
  }, joinMs);
}

/** The workers that some coordinator lists as present, and how many tasks each has done. */
async function listedWorkers(cluster: Cluster): Promise<Map<string, number>> {
  const asked = cluster.coordinators().map(({ api }) => api.workers());
  const lists = await Promise.allSettled(asked);
  const listed = lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
  const present = listed.filter(({ state }) => state === 'idle' || state === 'busy');
  return new Map(present.map(({ id, tasksDone }) => [id, tasksDone]));
}
