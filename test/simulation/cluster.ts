import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Checker } from './checker.js';
import type { Schedule } from './schedule.js';
import type { SmallRun } from './small-run.js';
import { coordinate, type Plant } from './world/simulated-coordinator.js';
import type { SimulatedRedis } from './world/simulated-redis.js';
import type { SimulatedStore } from './world/simulated-store.js';
import { startSimulatedWorker } from './world/simulated-worker.js';
import { startProcess, type SimulatedProcess, type World } from './world/world.js';

export interface ClusterParts {
  readonly world: World;
  readonly run: SmallRun;
  readonly store: SimulatedStore;
  readonly redis: SimulatedRedis;
  readonly checker: Checker;
  readonly plant: Plant;
  /** Receives what happens, with its time. */
  readonly onLine: (line: string) => void;
}

export interface RunningCoordinator {
  readonly process: SimulatedProcess;
  readonly stopping: AbortController;
  /** It has the lease, or believes so. */
  isLeading: boolean;
}

/** The processes of a simulation. A coordinator that ends is started again after a while, until the run is complete. */
export interface Cluster extends ClusterParts {
  readonly coordinators: ReadonlySet<RunningCoordinator>;
  readonly workers: ReadonlySet<SimulatedProcess>;
  isComplete(): boolean;
  startWorker(): void;
  killWorker(worker: SimulatedProcess): void;
  killCoordinator(coordinator: RunningCoordinator): void;
  /** Wakes what is frozen, and ends all trouble. */
  calm(): void;
}

export function startCluster(parts: ClusterParts, schedule: Schedule): Cluster {
  const { world, store, redis, checker, run, plant } = parts;
  const coordinators = new Set<RunningCoordinator>();
  const workers = new Set<SimulatedProcess>();
  const troubles = { stale: schedule.stale };
  let started = 0;
  let isComplete = false;
  let isFirst = true;
  const say = (text: string): void => parts.onLine(`${world.nowMs()} ms: ${text}`);

  const startWorker = (): void => {
    const name = `worker-${started++}`;
    say(`${name} starts`);
    const miscomputing = isFirst ? schedule.miscomputing : 0;
    const slowness = isFirst ? schedule.slowness : 1;
    isFirst = false;
    workers.add(startSimulatedWorker(name, { world, redis, store, run, troubles, miscomputing, slowness }));
  };
  const end = (coordinator: RunningCoordinator, why: string): void => {
    if (!coordinators.delete(coordinator)) return;
    coordinator.process.kill();
    say(`${coordinator.process.name} ends: ${why}`);
    world.after(world.delay(300, 2000), startCoordinator);
  };
  function startCoordinator(): void {
    if (isComplete) return;
    const process = startProcess(world, `coordinator-${started++}`);
    const { name } = process;
    const own: RunningCoordinator = { process, stopping: new AbortController(), isLeading: false };
    coordinators.add(own);
    coordinate({
      ...{ process, redis, run, plant, stopping: own.stopping.signal },
      store: store.openFor(process, (key, kind) => checker.effect(name, key, kind)),
      onEvent(event) {
        if (event.kind === 'step') checker.committed(name, event.metrics);
        if (event.kind === 'restored') checker.restored(event.metrics);
        say(`${name}: ${event.kind} ${event.kind === 'step' ? event.metrics.step : ''}`);
      },
      onLead: () => (own.isLeading = true),
      onChange: (text) => say(`${name}: ${text}`),
      onLost: () => end(own, 'another has taken over'),
    }).then(
      (how) => {
        isComplete ||= how === 'complete';
        end(own, how);
      },
      (error: unknown) => {
        if (checker.leads(name) && !mayEnd(error, own)) checker.problem(`${name} failed: ${String(error)}`);
        end(own, String(error));
      },
    );
  }

  Object.assign(redis.troubles, { losing: schedule.losing, repeating: schedule.repeating });
  store.troubles.failing = schedule.failing;
  for (let i = 0; i < schedule.coordinators; i++) world.after(world.delay(0, 300), startCoordinator);
  for (let i = 0; i < schedule.workers; i++) world.after(world.delay(0, 300), startWorker);
  return {
    ...{ ...parts, coordinators, workers, startWorker },
    isComplete: () => isComplete,
    killWorker(worker) {
      worker.kill();
      workers.delete(worker);
    },
    killCoordinator: (coordinator) => end(coordinator, 'it is killed'),
    calm() {
      Object.assign(redis.troubles, { losing: 0, repeating: 0, isDown: false });
      Object.assign(store.troubles, { failing: 0, isDown: false });
      troubles.stale = 0;
      for (const { process } of coordinators) process.wake();
      for (const worker of workers) worker.wake();
      if (workers.size === 0) startWorker();
    },
  };
}

/** A coordinator that leads may end because it was stopped, or if it cannot use the store at its start. */
function mayEnd(error: unknown, { isLeading, stopping }: RunningCoordinator): boolean {
  if (stopping.signal.aborted) return true;
  if (!(error instanceof TandemError)) return false;
  return error.code === ErrorCode.Conflict || (error.code === ErrorCode.StoreFailed && !isLeading);
}
