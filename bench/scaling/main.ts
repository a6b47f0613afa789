import { modelZoo } from '#model/zoo/presets.js';
import { cpu, gpu, stores, type Machine } from './machines.js';
import { phaseSeconds, stepCosts, totalOf, type PhaseSeconds, type Workload } from './step-costs.js';

/* Prints the tables of docs/scaling.md. */

const workerCounts = [1, 8, 64, 512] as const;
const workloads: readonly Workload[] = ['ViT-B-32', 'ViT-L-14'].flatMap((name) =>
  [4096, 32_768].map((batch) => ({ name, model: modelZoo.find(name)!.config, batch, shardSize: 64 })),
);

function seconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

/** What takes most of a step, and what share of it. */
function limitOf(phases: PhaseSeconds, workload: Workload, workers: number, machine: Machine): string {
  const { forwardFlops } = stepCosts(workload);
  const shards = Math.ceil(workload.batch / workload.shardSize);
  const pairs = Math.ceil(shards / Math.min(workers, shards)) * workload.shardSize;
  const towers = (3 * pairs * forwardFlops) / (machine.workerGigaflops * 1e9);
  const parts = { towers, loss: phases.loss, update: phases.update };
  const moving = totalOf(phases) - towers - phases.loss - phases.update;
  const [name, most] = Object.entries({ ...parts, 'θ and gradients': moving }).toSorted((a, b) => b[1] - a[1])[0]!;
  return `${name} ${Math.round((100 * most) / totalOf(phases))} %`;
}

const lines: string[] = [];
for (const workload of workloads) {
  const { parameterBytes, embeddingBytes, forwardFlops, lossFlops } = stepCosts(workload);
  lines.push(
    '',
    `### ${workload.name}, N = ${workload.batch.toLocaleString('en')}`,
    '',
    `θ, and each sum of gradients: ${(parameterBytes / 1e6).toFixed(0)} MB. ` +
      `Embeddings: ${(embeddingBytes / 1e6).toFixed(0)} MB each way. ` +
      `Towers: ${((3 * forwardFlops * workload.batch) / 1e12).toFixed(0)} TFLOP. ` +
      `Loss: ${(lossFlops / 1e12).toPrecision(2)} TFLOP.`,
    '',
    `| | ${workerCounts.map((count) => (count === 1 ? '1 worker' : `${count} workers`)).join(' | ')} |`,
    `| --- | ${workerCounts.map(() => '---').join(' | ')} |`,
  );
  for (const machine of [cpu, gpu])
    for (const store of stores) {
      const cells = workerCounts.map((workers) => {
        const phases = phaseSeconds(workload, workers, machine, store);
        return `${seconds(totalOf(phases))} (${limitOf(phases, workload, workers, machine)})`;
      });
      lines.push(`| ${machine.name}, ${store.name} | ${cells.join(' | ')} |`);
    }
}
process.stdout.write(`${lines.join('\n').trim()}\n`);
