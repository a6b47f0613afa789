import { runKeys, stepOf } from '#store/run/keys.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { chanceOf } from '../fuzz/chance.js';
import { differences, openChecker, type Checker, type Outcome } from './checker.js';
import { drawSchedule, quietMs, type Disturbance, type DisturbanceKind, type Schedule } from './schedule.js';
import { smallRun, type SmallRun } from './small-run.js';
import { coordinate, type Plant } from './world/simulated-coordinator.js';
import { simulatedRedis, type SimulatedRedis } from './world/simulated-redis.js';
import { simulatedStore, type SimulatedStore } from './world/simulated-store.js';
import { startSimulatedWorker } from './world/simulated-worker.js';
import { openWorld, startProcess, type SimulatedProcess, type World } from './world/world.js';

/** After so much simulated time, a run that nobody disturbs any more counts as stuck. */
const stuckMs = quietMs + 240_000;

export interface SimulationOptions {
  readonly seed: number;
  /** Drawn from the seed if left out. */
  readonly schedule?: Schedule;
  readonly plant?: Plant;
  /** What the undisturbed run left. */
  readonly expected?: Outcome;
  /** Receives what happens, with its time. */
  readonly onLine?: (line: string) => void;
}

export interface Simulated {
  readonly problems: readonly string[];
  readonly outcome: Outcome;
  /** The kinds of disturbances that took effect. */
  readonly disturbed: readonly DisturbanceKind[];
  readonly simulatedMs: number;
}

/** Trains the small run once, in a world of its own, and returns what was wrong. A function of its options. */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const world = openWorld(chanceOf(options.seed, 'simulation', 0));
  const schedule = options.schedule ?? drawSchedule(world);
  const run = smallRun();
  const store = simulatedStore(world);
  const checker = openChecker(run, store.blobs, options.expected);
  const cluster = startCluster({ ...options, world, run, store, checker, redis: simulatedRedis(world) }, schedule);
  const disturbed: DisturbanceKind[] = [];
  for (const disturbance of schedule.disturbances)
    world.after(disturbance.atMs, () => {
      if (cluster.disturb(disturbance)) disturbed.push(disturbance.kind);
    });
  world.after(quietMs, () => cluster.calm());
  await world.run(() => cluster.isComplete() || checker.problems.length > 0, stuckMs);
  const simulatedMs = world.nowMs();
  if (cluster.isComplete()) await afterwards(world, cluster);
  else if (checker.problems.length === 0) checker.problem('the run did not end');
  const outcome = checker.outcome();
  if (options.expected && checker.problems.length === 0)
    differences(outcome, options.expected).forEach((text) => checker.problem(text));
  return { problems: checker.problems, outcome, disturbed, simulatedMs };
}

/** A coordinator that was frozen meanwhile wakes up and must do no harm to what another has completed. */
async function afterwards(world: World, cluster: Cluster): Promise<void> {
  cluster.calm();
  const untilMs = world.nowMs() + 2000;
  await world.run(() => !cluster.hasOthers(), untilMs);
}

interface Cluster {
  isComplete(): boolean;
  /** Is any coordinator left that trains, or believes that it may? */
  hasOthers(): boolean;
  /** Returns whether there was anything to disturb. */
  disturb(disturbance: Disturbance): boolean;
  /** Wakes what is frozen, and ends all trouble. */
  calm(): void;
}

interface Surroundings extends SimulationOptions {
  readonly world: World;
  readonly run: SmallRun;
  readonly store: SimulatedStore;
  readonly redis: SimulatedRedis;
  readonly checker: Checker;
}

interface RunningCoordinator {
  readonly process: SimulatedProcess;
  readonly stopping: AbortController;
  isLeading: boolean;
}

function startCluster(surroundings: Surroundings, schedule: Schedule): Cluster {
  const { world, store, redis, checker, run, plant = {}, onLine } = surroundings;
  const coordinators = new Set<RunningCoordinator>();
  const workers = new Set<SimulatedProcess>();
  const stale = { stale: schedule.stale };
  let started = 0;
  let isComplete = false;
  const say = (text: string): void => onLine?.(`${world.nowMs()} ms: ${text}`);

  const startWorker = (): void => {
    const name = `worker-${started++}`;
    say(`${name} starts`);
    workers.add(startSimulatedWorker(name, { world, redis, store, run, troubles: stale }));
  };
  const startCoordinator = (): void => {
    if (isComplete) return;
    const process = startProcess(world, `coordinator-${started++}`);
    const { name } = process;
    const own: RunningCoordinator = { process, stopping: new AbortController(), isLeading: false };
    coordinators.add(own);
    const gone = (why: string): void => {
      if (!coordinators.delete(own)) return;
      say(`${name} ends: ${why}`);
      process.kill();
      world.after(world.delay(300, 2000), startCoordinator);
    };
    coordinate({
      ...{ process, redis, run, plant, stopping: own.stopping.signal },
      store: store.openFor(process, (key, kind) => checker.effect(name, key, kind)),
      onEvent(event) {
        if (event.kind === 'step') checker.committed(name, event.metrics);
        if (event.kind === 'restored') checker.restored(name, event.metrics);
        say(`${name}: ${event.kind} ${event.kind === 'step' ? event.metrics.step : ''}`);
      },
      onChange(text) {
        if (text === 'leads') own.isLeading = true;
        say(`${name}: ${text}`);
      },
      onLost: () => gone('another has taken over'),
    }).then(
      (end) => {
        if (end === 'complete') isComplete = true;
        gone(end);
      },
      (error: unknown) => {
        if (!mayEnd(error, own)) checker.problem(`${name} failed: ${String(error)}`);
        gone(String(error));
      },
    );
  };
  const anyOf = <T>(items: Iterable<T>): T | undefined => {
    const all = [...items];
    return all.length === 0 ? undefined : world.chance.pick(all);
  };
  const leader = (): RunningCoordinator | undefined =>
    [...coordinators].find(({ isLeading, process }) => isLeading && process.isRunning());
  const kill = (coordinator: RunningCoordinator): void => {
    coordinators.delete(coordinator);
    coordinator.process.kill();
    say(`${coordinator.process.name} is killed`);
    world.after(world.delay(300, 2000), startCoordinator);
  };
  const damage = (keys: readonly string[]): boolean => {
    const key = keys.at(-1);
    if (key !== undefined) store.damage(key);
    return key !== undefined;
  };
  const freeze = (process: SimulatedProcess, forMs: number): void => {
    say(`${process.name} is frozen for ${forMs} ms`);
    process.freeze();
    world.after(forMs, () => process.wake());
  };
  const away = (troubles: { isDown: boolean }, forMs: number): void => {
    troubles.isDown = true;
    world.after(forMs, () => (troubles.isDown = false));
  };
  const perform: Record<DisturbanceKind, (forMs: number) => boolean | void> = {
    'kill a worker': (forMs) => {
      const worker = anyOf(workers);
      if (!worker) return false;
      worker.kill();
      workers.delete(worker);
      if (world.happens(0.7) || workers.size === 0) world.after(forMs, startWorker);
    },
    'freeze a worker': (forMs) => {
      const worker = anyOf(workers);
      if (!worker) return false;
      freeze(worker, forMs);
    },
    'start a worker': startWorker,
    'kill the leader': () => {
      const leading = leader();
      if (!leading) return false;
      kill(leading);
    },
    'freeze the leader': (forMs) => {
      const leading = leader();
      if (!leading) return false;
      freeze(leading.process, forMs);
    },
    'stop the leader': () => {
      const leading = leader();
      if (!leading) return false;
      leading.stopping.abort();
    },
    'kill a standby': () => {
      const standby = anyOf([...coordinators].filter(({ isLeading }) => !isLeading));
      if (!standby) return false;
      kill(standby);
    },
    'Redis away': (forMs) => away(redis.troubles, forMs),
    'Redis loses its data': () => redis.wipe(),
    'store away': (forMs) => away(store.troubles, Math.min(forMs, 3000)),
    'store hangs in a folder': (forMs) => {
      const leading = leader();
      if (!leading) return false;
      store.hang(leading.process, world.happens(0.5) ? 'leaders/' : world.chance.pick(foldersOf(run.id)), forMs);
    },
    'damage a checkpoint': () =>
      damage(
        [...store.blobs.keys()]
          .filter((key) => key.includes('/checkpoints/') && key.endsWith('.safetensors'))
          .filter((key) => stepOf(key)! < run.config.steps)
          .sort(),
      ),
    'damage the journal': () => damage([...store.blobs.keys()].filter((key) => key.includes('/journal/')).sort()),
  };
  Object.assign(redis.troubles, { losing: schedule.losing, repeating: schedule.repeating });
  store.troubles.failing = schedule.failing;
  for (let i = 0; i < schedule.coordinators; i++) world.after(world.delay(0, 300), startCoordinator);
  for (let i = 0; i < schedule.workers; i++) world.after(world.delay(0, 300), startWorker);
  return {
    isComplete: () => isComplete,
    hasOthers: () => [...coordinators].some(({ isLeading }) => isLeading),
    disturb({ kind, forMs }) {
      say(`now: ${kind} (${forMs} ms)`);
      return perform[kind](forMs) !== false;
    },
    calm() {
      Object.assign(redis.troubles, { losing: 0, repeating: 0, isDown: false });
      Object.assign(store.troubles, { failing: 0, isDown: false });
      stale.stale = 0;
      for (const { process } of coordinators) process.wake();
      for (const worker of workers) worker.wake();
      if (workers.size === 0) startWorker();
    },
  };
}

function foldersOf(run: string): string[] {
  const { journalPrefix, stepsPrefix, checkpoints } = runKeys(run);
  return [journalPrefix, stepsPrefix, checkpoints];
}

/** A coordinator may end because another leads, because it was stopped, or if it cannot use the store at its start. */
function mayEnd(error: unknown, { isLeading, stopping }: RunningCoordinator): boolean {
  if (stopping.signal.aborted) return true;
  if (!(error instanceof TandemError)) return false;
  return error.code === ErrorCode.Conflict || (error.code === ErrorCode.StoreFailed && !isLeading);
}
