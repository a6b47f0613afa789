import { runKeys, stepOf } from '#store/run/keys.js';
import type { Cluster, RunningCoordinator } from './cluster.js';
import type { Disturbance, DisturbanceKind } from './schedule.js';

/** Disturbs a cluster. Returns false if there was nothing to disturb. */
export function disturb(cluster: Cluster, { kind, forMs }: Disturbance): boolean {
  cluster.onLine(`${cluster.world.nowMs()} ms: now: ${kind}, ${forMs} ms`);
  return acts[kind](cluster, forMs) !== false;
}

type Act = (cluster: Cluster, forMs: number) => false | void;

const acts: Record<DisturbanceKind, Act> = {
  'kill a worker'(cluster, forMs) {
    const worker = anyOf(cluster, cluster.workers);
    if (!worker) return false;
    cluster.killWorker(worker);
    if (cluster.world.happens(0.7) || cluster.workers.size === 0) cluster.world.after(forMs, cluster.startWorker);
  },
  'freeze a worker'(cluster, forMs) {
    const worker = anyOf(cluster, cluster.workers);
    if (!worker) return false;
    worker.freeze();
    cluster.world.after(forMs, () => worker.wake());
  },
  'start a worker': ({ startWorker }) => startWorker(),
  'kill the leader': ofLeader((leading, { killCoordinator }) => killCoordinator(leading)),
  'freeze the leader': ofLeader(({ process }, { world }, forMs) => {
    process.freeze();
    world.after(forMs, () => process.wake());
  }),
  'stop the leader': ofLeader(({ stopping }) => stopping.abort()),
  'kill a standby'(cluster) {
    const standby = anyOf(
      cluster,
      [...cluster.coordinators].filter(({ isLeading }) => !isLeading),
    );
    if (!standby) return false;
    cluster.killCoordinator(standby);
  },
  'Redis away': ({ redis, ...cluster }, forMs) => away(cluster, redis.troubles, forMs),
  'Redis loses its data': ({ redis }) => redis.wipe(),
  'store away': ({ store, ...cluster }, forMs) => away(cluster, store.troubles, forMs / 2),
  'store hangs in a folder': ofLeader(({ process }, { world, store, run }, forMs) => {
    const { journalPrefix, stepsPrefix, checkpoints } = runKeys(run.id);
    const folder = world.happens(0.5) ? 'leaders/' : world.chance.pick([journalPrefix, stepsPrefix, checkpoints]);
    store.hang(process, folder, 2000 + forMs);
  }),
  'damage a checkpoint'({ store, run }) {
    const ofCheckpoint = (key: string): boolean =>
      key.startsWith(runKeys(run.id).checkpoints) && key.endsWith('.safetensors') && stepOf(key)! < run.config.steps;
    return damageNewest(store, ofCheckpoint);
  },
  'damage the journal': ({ store, run }) => damageNewest(store, (key) => key.startsWith(runKeys(run.id).journalPrefix)),
};

function anyOf<T>({ world }: Cluster, items: Iterable<T>): T | undefined {
  const all = [...items];
  return all.length === 0 ? undefined : world.chance.pick(all);
}

function ofLeader(act: (leader: RunningCoordinator, cluster: Cluster, forMs: number) => void): Act {
  return (cluster, forMs) => {
    const leading = [...cluster.coordinators].find(({ isLeading, process }) => isLeading && process.isRunning());
    if (!leading) return false;
    act(leading, cluster, forMs);
  };
}

function away({ world }: Pick<Cluster, 'world'>, troubles: { isDown: boolean }, forMs: number): void {
  troubles.isDown = true;
  world.after(forMs, () => (troubles.isDown = false));
}

function damageNewest({ blobs, damage }: Cluster['store'], isOne: (key: string) => boolean): false | void {
  const newest = [...blobs.keys()].filter(isOne).sort().at(-1);
  if (newest === undefined) return false;
  damage(newest);
}
