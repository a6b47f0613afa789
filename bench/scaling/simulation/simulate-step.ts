import { initialParameters } from '#model/parameters/initialise.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import { protocolVersion } from '#protocol/pool/task.js';
import { appendJournal } from '#store/run/journal.js';
import { chanceOf } from '../../../test/fuzz/chance.js';
import { smallRun } from '../../../test/simulation/small-run.js';
import { simulatedRedis } from '../../../test/simulation/world/simulated-redis.js';
import { simulatedStore } from '../../../test/simulation/world/simulated-store.js';
import { openWorld, startProcess, type SimulatedProcess, type World } from '../../../test/simulation/world/world.js';
import { openWorkerPool } from '../../../apps/coordinator/src/pool/worker-pool.js';
import { openShardExchange } from '../../../apps/coordinator/src/training/shards/shard-exchange.js';
import { trainingState } from '../../../apps/coordinator/src/training/state/training-state.js';
import { startStepClock, type StepTimes } from '../../../apps/coordinator/src/training/step-clock.js';
import type { StepParts } from '../../../apps/coordinator/src/training/step-parts.js';
import { trainingStep } from '../../../apps/coordinator/src/training/training-step.js';
import type { Machine, StoreRates } from '../machines.js';
import { phaseSeconds, stepCosts, totalOf, type PhaseSeconds, type Workload } from '../step-costs.js';
import { openFlows } from './flows.js';
import { openHost, type Host } from './host.js';
import { openMeters, type Meters } from './meters.js';
import { timedStore } from './timed-store.js';
import { timedLoss, timedOptimizer } from './timed-training.js';
import { heartbeats, timedTransport } from './timed-transport.js';
import { startTimedWorker } from './timed-worker.js';

export interface StepSimulation {
  readonly workload: Workload;
  readonly workers: number;
  readonly machine: Machine;
  readonly store: StoreRates;
  /** How much slower than the others the device of a worker is, by its number; 1 if left out. */
  readonly slownessOf?: (worker: number) => number;
}

export interface SimulatedStep extends ReturnType<Meters['read']> {
  readonly phases: PhaseSeconds;
  readonly seconds: number;
  /** The most gradients that the coordinator had in memory at once. */
  readonly gradientsHeld: number;
  readonly gradientsRead: number;
}

/** The first step is a warm-up: it finds no samples loaded ahead, and knows of no worker how fast it is. */
const stepsTaken = 2;
const endlessMs = 1e12;

/**
 * Takes training steps with the real step, exchange and pool in simulated time: workers, store, links and threads take
 * as long as their rates say, and what shares a link or a core slows down. Returns the last step. A function of its
 * options.
 */
export async function simulateStep(options: StepSimulation): Promise<SimulatedStep> {
  const { workload, workers, machine, store: rates } = options;
  const world = openWorld(chanceOf(1, 'scaling', 0));
  const flows = openFlows(world);
  const costs = stepCosts(workload);
  const run = smallRun(costs.shards);
  const message = [machine.messageMs, machine.messageMs] as const;
  const redis = simulatedRedis(world, { command: [0, 0], job: message, answer: message });
  const blobs = simulatedStore(world, { there: [0, 0], back: [0, 0] });
  const surroundings = {
    ...{ machine, store: rates },
    storeTotal: { name: 'store', capacity: rates.totalBytesPerSecond },
    cores: { name: 'cores', capacity: machine.cores },
  };
  const hostOf = ({ name, time }: SimulatedProcess, slowness?: number): Host =>
    openHost(surroundings, { name, flows, sleep: (ms) => time.sleep(ms), slowness });
  const process = startProcess(world, 'coordinator');
  const host = hostOf(process);
  const others = Array.from({ length: workers }, (_, number) => {
    const worker = startProcess(world, `worker-${number}`);
    const own = { id: worker.name, host: hostOf(worker, options.slownessOf?.(number)), store: blobs.openFor(worker) };
    startTimedWorker({ ...options, ...own, run, redis, nowMs: world.nowMs });
    return own;
  });
  const pool = openWorkerPool({
    transport: timedTransport(
      redis.openTransport(process),
      others.map(({ id }) => id),
      host,
      machine,
    ),
    self: { protocol: protocolVersion, code: 'simulated', startedAt: 's', proof: { store: '', key: '', sha256: '' } },
    nowMs: world.nowMs,
    every: heartbeats(process.time, totalOf(phaseSeconds(workload, workers, machine, rates))),
    onChange: () => undefined,
  });
  const gradients = { now: 0, most: 0, read: 0 };
  const store = timedStore(blobs.openFor(process), costs, host, machine.copyBytesPerSecond, gradients);
  const { config, shards } = run;
  const optimizer = timedOptimizer(costs, machine, host, gradients);
  const named = { run: run.id, epoch: 1, code: 'simulated', configHash: '0'.repeat(64) };
  const signal = new AbortController().signal;
  const parts = {
    config,
    pool: openShardExchange({
      ...named,
      config,
      shards,
      store,
      pool,
      optimizer,
      signal,
      priority: () => 0,
      onFinding: () => undefined,
    }),
    loss: timedLoss(run, costs, machine, host),
    optimizer,
    journal: (step, gradient) => appendJournal(store, run.id, step, gradient, {}),
  } satisfies Omit<StepParts, 'clock'>;
  const meters = openMeters(flows, { host, workers: others.map((one) => one.host), ...surroundings });
  const takeSteps = async (): Promise<SimulatedStep> => {
    while (pool.workers().length < workers) await process.time.sleep(1);
    const tensors = { specs: modelTensors(config.model), trainable: trainableParameters(config) };
    let state = trainingState(tensors, 0, { parameters: initialParameters(config.model, config.seed) });
    for (;;) {
      const [clock, startedMs] = [startStepClock(world.nowMs), world.nowMs()];
      Object.assign(gradients, { now: 0, most: 0, read: 0 });
      meters.reset();
      const taken = await trainingStep(state, { ...parts, clock });
      const seconds = (world.nowMs() - startedMs) / 1000;
      state = taken.state;
      if (state.step === stepsTaken)
        return {
          ...{ phases: inSeconds(taken.times), seconds, ...meters.read(seconds) },
          ...{ gradientsHeld: gradients.most, gradientsRead: gradients.read },
        };
    }
  };
  return inWorld(world, takeSteps());
}

/** Lets simulated time pass until the promise is settled. */
async function inWorld<Result>(world: World, promise: Promise<Result>): Promise<Result> {
  let isSettled = false;
  const settled = promise.finally(() => (isSettled = true));
  settled.catch(() => undefined); // It is returned below.
  await world.run(() => isSettled, endlessMs);
  if (!isSettled) throw new Error('internal: nothing happens in the simulation any more, and the step is not done');
  return settled;
}

function inSeconds({ encodeMs, lossMs, backpropMs, updateMs }: StepTimes): PhaseSeconds {
  return { encode: encodeMs / 1000, loss: lossMs / 1000, backprop: backpropMs / 1000, update: updateMs / 1000 };
}
