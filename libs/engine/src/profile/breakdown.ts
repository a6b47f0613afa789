import type { KernelTime, ProgramProfile, ProgramRun } from './program-profile.js';

/** What the kernels of one kind, or of one place, took together. */
export interface Share {
  readonly name: string;
  readonly kernels: number;
  readonly forwardMs: number;
  readonly backwardMs: number;
  /** The part of it that matmuls took. */
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
 * Sums of the kernels that bear one name; those without are left out. In the order in which the first part is half done
 * with each name: some of any layer runs early or late, wherever in the model it is.
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

/** The run whose time is the median; the first, which also allocates, is left out where there are others. */
export function medianRun({ runs }: ProgramProfile): ProgramRun {
  const warm = runs.length > 1 ? runs.slice(1) : runs;
  return warm.toSorted((a, b) => a.timeMs - b.timeMs)[Math.floor((warm.length - 1) / 2)]!;
}
