// Goal: a simulated step takes what its parts take, and what is shared, slow or too small shows in its time.
// Method: steps of the real pool in simulated time on machines with round rates, where all but what a test is about
// takes no time at all.
import { describe, expect, it } from 'vitest';
import { modelZoo } from '#model/zoo/presets.js';
import { gpu, stores, type Machine, type StoreRates } from '../machines.js';
import { phaseSeconds, stepCosts, totalOf, type Workload } from '../step-costs.js';
import { simulateStep } from './simulate-step.js';

const workload: Workload = { name: 'B', model: modelZoo.find('ViT-B-32')!.config, batch: 512, shardSize: 64 };
const { parameterBytes, forwardFlops, shards } = stepCosts(workload);
/** A worker's rate at which a shard takes 1 s forward and 2 s back. */
const gigaflops = (workload.shardSize * forwardFlops) / 1e9;
const machine: Machine = {
  ...{ name: 'round', cores: 1000, isShared: false, deviceCores: 0, memoryBytes: 2 ** 50 },
  ...{ forwardGigaflops: gigaflops, backwardGigaflops: gigaflops, lossGigaflops: Infinity },
  ...{ hashBytesPerSecond: Infinity, copyBytesPerSecond: Infinity, sumBytesPerSecond: Infinity },
  ...{ addBytesPerSecond: Infinity, updateBytesPerSecond: Infinity, optimizerThreads: 1 },
  ...{ loadPairsPerSecond: Infinity, taskMs: 0, messageMs: 0 },
};
const instant: StoreRates = {
  ...{ name: 'instant', kind: 's3', readMs: 0, writeMs: 0, durableMs: 0 },
  ...{ readBytesPerSecond: Infinity, writeBytesPerSecond: Infinity, totalBytesPerSecond: Infinity },
};
/** A θ or a gradient takes 1 s over such a link. */
const second = parameterBytes;

describe('a simulated step', () => {
  it('of one worker takes its shards one after another', async () => {
    const { phases, busy } = await simulateStep({ workload, workers: 1, machine, store: instant });
    expect(phases.encode).toBeCloseTo(shards, 3);
    expect(phases.backprop).toBeCloseTo(2 * shards, 3);
    expect(busy.towers).toBeCloseTo(1, 3);
  });

  it('of one worker takes what the arithmetic says, with every rate but what that does not know', async () => {
    const rates = { lossGigaflops: 1, hashBytesPerSecond: 3 * second, addBytesPerSecond: Infinity };
    const some = { ...machine, ...rates, sumBytesPerSecond: 5 * second, updateBytesPerSecond: 4 * second };
    const store = { ...instant, readBytesPerSecond: second, writeBytesPerSecond: second / 2 };
    const { seconds } = await simulateStep({ workload, workers: 1, machine: some, store });
    const expected = totalOf(phaseSeconds(workload, 1, some, store));
    // The coordinator hashes a sum after it has read it, not meanwhile.
    expect(Math.abs(seconds - expected - 1 / 3)).toBeLessThan(0.02 * expected);
  });

  it('of eight workers takes an eighth', async () => {
    const { seconds } = await simulateStep({ workload, workers: 8, machine, store: instant });
    expect(seconds).toBeCloseTo(3, 3);
  });

  it('waits for a slow worker, but leaves it no more than it must', async () => {
    const slowed = await simulateStep({
      ...{ workload: { ...workload, batch: 2048 }, workers: 4, machine, store: instant },
      slownessOf: (worker) => (worker === 0 ? 8 : 1),
    });
    // 32 shards on four workers take 24 s; on three of them 33 s; if the slow one did its quarter, 192 s.
    expect(slowed.seconds).toBeGreaterThanOrEqual(24);
    expect(slowed.seconds).toBeLessThan(60);
  });

  it('reads θ as fast as the store gives it to all: half as fast each if it has to give twice as much', async () => {
    const store = { ...instant, readBytesPerSecond: second, totalBytesPerSecond: 4 * second };
    const encodeSeconds = async (workers: number): Promise<number> =>
      (await simulateStep({ workload, workers, machine, store })).phases.encode - shards / workers;
    const [four, eight] = [await encodeSeconds(4), await encodeSeconds(8)];
    expect(four).toBeCloseTo(1.25, 1); // A quarter of a second to publish θ, and a second to read it.
    expect(eight).toBeCloseTo(2.25, 1);
  });

  it('takes the sums of all workers over the one link of the coordinator', async () => {
    const store = { ...instant, readBytesPerSecond: second };
    const { phases, gradientsHeld } = await simulateStep({ workload, workers: 8, machine, store });
    expect(phases.backprop).toBeCloseTo(2 + 8, 0);
    expect(gradientsHeld).toBeLessThanOrEqual(8);
  });

  it('leaves a worker its neighbours, and so one sum, where reading θ takes longer than a shard', async () => {
    const [, gigabit] = stores;
    const many = { ...workload, batch: 8 * 32 * workload.shardSize };
    const step = await simulateStep({ workload: many, workers: 32, machine: gpu, store: gigabit! });
    expect(step.gradientsRead).toBe(32);
    expect(step.gradientsHeld).toBeLessThan(10); // All of them come at about the same time.
  });

  it('computes the forward pass again for what a worker has no memory to keep', async () => {
    const small = { ...machine, memoryBytes: 1 };
    const { phases } = await simulateStep({ workload, workers: 1, machine: small, store: instant });
    expect(phases.backprop).toBeCloseTo(3 * shards, 3);
  });

  it('has the cores of one machine for all workers together', async () => {
    const one = { ...machine, isShared: true, cores: 2, deviceCores: 1 };
    const { seconds, coreSeconds } = await simulateStep({ workload, workers: 4, machine: one, store: instant });
    expect(seconds).toBeCloseTo((3 * shards) / 2, 2);
    expect(coreSeconds).toBeCloseTo(3 * shards, 2);
  });
});
