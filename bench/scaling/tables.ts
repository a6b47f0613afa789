import type { Curve, CurvePoint } from './curve.js';
import { phaseSeconds, stepCosts, totalOf, type Workload } from './step-costs.js';

const shownCounts: readonly number[] = [1, 8, 64, 512];

/** The section of the page for a workload: its sizes, and a table of steps. */
export function workloadSection(workload: Workload, curves: readonly Curve[]): string[] {
  const { parameterBytes, embeddingBytes, forwardFlops, lossFlops } = stepCosts(workload);
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  return [
    `### ${workload.name}, N = ${workload.batch.toLocaleString('en')}`,
    '',
    `θ, and each sum of gradients: ${megabytes(parameterBytes)}. Embeddings: ${megabytes(embeddingBytes)} each way.`,
    `Towers: ${((3 * forwardFlops * workload.batch) / 1e12).toFixed(0)} TFLOP. ` +
      `Loss: ${(lossFlops / 1e12).toPrecision(2)} TFLOP.`,
    '',
    ...table(curves, cellOf),
  ];
}

/** The simulated step over the arithmetic's, for each number of workers. */
export function comparison(workload: Workload, curves: readonly Curve[]): string[] {
  return [
    `### ${workload.name}, N = ${workload.batch.toLocaleString('en')}: the simulation over the arithmetic`,
    '',
    ...table(curves, ({ seconds, workers }, { machine, store }) =>
      (seconds / totalOf(phaseSeconds(workload, workers, machine, store))).toFixed(2),
    ),
  ];
}

function table(curves: readonly Curve[], cell: (point: CurvePoint, curve: Curve) => string): string[] {
  return [
    `| | ${shownCounts.map((count) => (count === 1 ? '1 worker' : `${count} workers`)).join(' | ')} |`,
    `| --- | ${shownCounts.map(() => '---').join(' | ')} |`,
    ...curves.map((curve) => {
      const shown = curve.points.filter(({ workers }) => shownCounts.includes(workers));
      return `| ${curve.machine.name}, ${curve.store.name} | ${shown.map((one) => cell(one, curve)).join(' | ')} |`;
    }),
  ];
}

/** Seconds, and what was busy for most of them. */
function cellOf({ seconds, busy }: CurvePoint): string {
  const [name, share] = Object.entries(busy).toSorted(([, left], [, right]) => right - left)[0]!;
  return `${shownSeconds(seconds)} (${name} ${Math.round(100 * share)} %)`;
}

/** Three digits at least, as `1423`, `99.2` or `0.0314`. */
export function shownSeconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
