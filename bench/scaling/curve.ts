import { modelZoo } from '#model/zoo/presets.js';
import { cpu, gpu, stores, type Machine, type StoreRates } from './machines.js';
import { simulateStep, type SimulatedStep, type StepSimulation } from './simulation/simulate-step.js';
import { stepCosts, type Workload } from './step-costs.js';

export const workloads: readonly Workload[] = ['ViT-B-32', 'ViT-L-14'].flatMap((name) =>
  [4096, 32_768].map((batch) => ({ name, model: modelZoo.find(name)!.config, batch, shardSize: 64 })),
);

/** A step with so many workers. */
export interface CurvePoint extends SimulatedStep {
  readonly workers: number;
}

/** Steps of a workload on one kind of pool, by the number of workers. */
export interface Curve {
  readonly machine: Machine;
  readonly store: StoreRates;
  readonly points: readonly CurvePoint[];
}

export const workerCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;

/** The machines of which the page has curves. */
export const machines: readonly Machine[] = [cpu, gpu];

/** The curves of a workload on one kind of machines, one for each store. Takes minutes; for a process of its own. */
export async function* measure(options: Pick<StepSimulation, 'workload' | 'machine'>): AsyncGenerator<Curve[]> {
  const { workload, machine } = options;
  const { shards } = stepCosts(workload);
  const curves: Curve[] = [];
  for (const store of stores) {
    const points: CurvePoint[] = [];
    for (const workers of workerCounts) {
      // Workers beyond the number of shards get none.
      const known = points.find((point) => point.workers >= shards);
      points.push({ ...(known ?? (await simulateStep({ ...options, workers, store }))), workers });
    }
    curves.push({ machine, store, points });
    process.stderr.write(`${workload.name}, N = ${workload.batch}, ${machine.name}, ${store.name}\n`);
  }
  yield curves;
}
