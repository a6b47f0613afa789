import type { KernelTime, ProgramProfile, ProgramRun } from './program-profile.js';

/** Total time of the kernels of one kind or of one place in the model. */
export interface Share {
  readonly name: string;
  readonly kernels: number;
  readonly forwardMs: number;
  readonly backwardMs: number;
  /** Time of the matmuls and convolutions among them. */
  readonly matmulMs: number;
  readonly flops: number;
}

export function timeOf({ forwardMs, backwardMs }: Share): number {
  return forwardMs + backwardMs;
}

/** One run of each part of a staged function. */
export interface StagedRun {
  readonly forward: ProgramRun;
  readonly backward: ProgramRun;
}

/**
 * Sum the times of all kernels with the same name; kernels without a name are left out. Names are sorted by the middle
 * kernel of each in the forward part (of a name that has none there, by its middle kernel in the backward part). Its
 * first or last kernel would not do: some kernels of any layer run early or late, wherever the layer is in the model.
 */
export function breakdown(
  { forward, backward }: StagedRun,
  nameOf: (kernel: KernelTime) => string | undefined,
): Share[] {
  const kernels = [...forward.kernels, ...backward.kernels];
  const places = new Map<string, number[]>();
  kernels.forEach((kernel, at) => {
    const name = nameOf(kernel);
    if (name === undefined) return;
    if (!places.has(name)) places.set(name, []);
    places.get(name)!.push(at);
  });
  const isForward = (at: number): boolean => at < forward.kernels.length;
  const halfDone = ([, at]: readonly [string, readonly number[]]): number =>
    at[Math.floor((at.filter(isForward).length || at.length) / 2)]!;
  const sum = (at: readonly number[], of: (kernel: KernelTime) => number): number =>
    at.reduce((total, place) => total + of(kernels[place]!), 0);
  return [...places]
    .sort((a, b) => halfDone(a) - halfDone(b))
    .map(([name, at]) => ({
      name,
      kernels: at.length,
      forwardMs: sum(at.filter(isForward), ({ timeMs }) => timeMs),
      backwardMs: sum(
        at.filter((place) => !isForward(place)),
        ({ timeMs }) => timeMs,
      ),
      matmulMs: sum(at, ({ timeMs, flops }) => (flops > 0 ? timeMs : 0)),
      flops: sum(at, ({ flops }) => flops),
    }));
}

/** The run with the median time. The first run, which also allocates, is left out if there are others. */
export function medianRun({ runs }: ProgramProfile): ProgramRun {
  const warm = runs.length > 1 ? runs.slice(1) : runs;
  return warm.toSorted((a, b) => a.timeMs - b.timeMs)[Math.floor((warm.length - 1) / 2)]!;
}
