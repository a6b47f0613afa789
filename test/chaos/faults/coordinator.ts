import { setTimeout as delay } from 'node:timers/promises';
import { leads, standsBy, type Cluster, type Coordinator } from '../cluster.js';
import { nowMs, waitFor, type Preparation, type Preparations, type Strikes } from './effect.js';

/** How long a coordinator may take to stop in order. */
const stopMs = 30_000;
/** How long one that has lost its lead may take to notice and end. */
const yieldMs = 10_000;
/** How much longer than planned one stays frozen, until the other has taken over: that takes 4 s, and start-up. */
const takeOverMs = 10_000;
/** How long the pool may be without one that leads. */
const leadMs = 60_000;

export const coordinatorFaults: Strikes<
  'coordinator-killed' | 'coordinator-killed-standby' | 'coordinator-frozen' | 'coordinator-stopped'
> = {
  async 'coordinator-killed'({ lastsMs }, cluster, isOver) {
    const only = await withoutStandby(cluster);
    const startMs = nowMs();
    const acted = !isOver();
    only.process.signal('SIGKILL');
    await only.process.ended;
    await delay(lastsMs);
    const endMs = nowMs();
    await cluster.startCoordinator(only.seat);
    return { acted, startMs, endMs, what: `${only.process.name}, another started after ${lastsMs} ms` };
  },

  async 'coordinator-killed-standby'(_fault, cluster, isOver) {
    const { leader, standby } = await withStandby(cluster);
    const startMs = nowMs();
    const acted = !isOver();
    leader.process.signal('SIGKILL');
    await leader.process.ended;
    return { acted, startMs, endMs: nowMs(), what: `${leader.process.name}; ${standby.process.name} stands by` };
  },

  async 'coordinator-frozen'({ lastsMs }, cluster) {
    const { leader, standby } = await withStandby(cluster);
    const startMs = nowMs();
    leader.process.signal('SIGSTOP');
    await delay(lastsMs);
    const acted = (await waitFor(() => leads(standby) || undefined, takeOverMs)) ?? false;
    leader.process.signal('SIGCONT');
    const endMs = nowMs();
    const ending = acted ? await waitFor(() => leader.process.ending(), yieldMs) : undefined;
    const then = `then ${ending ?? 'it went on'}; ${standby.process.name} stood by`;
    const what = `${leader.process.name} for ${Math.round(endMs - startMs)} ms, ${then}`;
    return { acted, startMs, endMs, what };
  },

  async 'coordinator-stopped'({ lastsMs }, cluster, isOver) {
    const only = await withoutStandby(cluster);
    const startMs = nowMs();
    const isUnderWay = !isOver();
    const ending = await stop(only);
    const tookMs = Math.round(nowMs() - startMs);
    await delay(lastsMs);
    const endMs = nowMs();
    await cluster.startCoordinator(only.seat);
    return {
      acted: isUnderWay && ending === 'exit code 0',
      startMs,
      endMs,
      what: `${only.process.name}: ${ending} after ${tookMs} ms`,
    };
  },
};

/** Stops all coordinators but the one that leads. */
async function withoutStandby(cluster: Cluster): Promise<Coordinator> {
  const leader = await leaderOf(cluster);
  await Promise.all(
    cluster
      .coordinators()
      .filter((one) => one !== leader)
      .map(stop),
  );
  return leader;
}

async function withStandby(cluster: Cluster): Promise<{ leader: Coordinator; standby: Coordinator }> {
  const leader = await leaderOf(cluster);
  const others = (): Coordinator[] => cluster.coordinators().filter((one) => one !== leader);
  if (others().length === 0) await cluster.startCoordinator();
  // One that could not start is started again, and is another then.
  const standby = await waitFor(() => others().find(standsBy), leadMs);
  if (!standby) throw new Error(`no coordinator stands by after ${leadMs} ms`);
  return { leader, standby };
}

const standby: Preparation = {
  start: withStandby,
  isReady: (cluster) => cluster.coordinators().some((one) => standsBy(one) && !leads(one)),
};
export const coordinatorPreparations: Preparations = {
  'coordinator-killed-standby': standby,
  'coordinator-frozen': standby,
};

/** The one that leads; of two that believe so, the one that was started last. */
async function leaderOf(cluster: Cluster): Promise<Coordinator> {
  const leader = await waitFor(() => cluster.coordinators().findLast(leads), leadMs);
  if (!leader) throw new Error(`no coordinator leads after ${leadMs} ms`);
  return leader;
}

/** Asks a coordinator to stop. Kills it if it does not, and says so by how it ended. */
async function stop({ process }: Coordinator): Promise<string> {
  process.signal('SIGTERM');
  await waitFor(() => process.ending(), stopMs);
  process.signal('SIGKILL');
  return process.ended;
}
