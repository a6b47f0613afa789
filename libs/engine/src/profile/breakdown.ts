import type { KernelTime, ProgramProfile, ProgramRun } from './program-profile.js';

/** What the kernels of one kind, or of one place, took together. */
export interface Share {
  readonly name: string;
  readonly kernels: number;
  readonly forwardMs: number;
  readonly backwardMs: number;
  /** The part of it that matrix products took. */
  readonly productMs: number;
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
 * Sums of the kernels that bear one name; those without are left out. In the order in which the function, its gradient
 * aside, is done with each name: ONNX Runtime does early what depends on little, whatever layer it is in.
 */
export function breakdown({ forward, backward }: StagedRun, nameOf: (kernel: KernelTime) => string | undefined): Share[] {
  const shares = new Map<string, { -readonly [K in keyof Share]: Share[K] }>();
  const add = (kernel: KernelTime, part: 'forwardMs' | 'backwardMs'): void => {
    const name = nameOf(kernel);
    if (name === undefined) return;
    const share = shares.get(name) ?? { name, kernels: 0, forwardMs: 0, backwardMs: 0, productMs: 0, flops: 0 };
    share.kernels += 1;
    share[part] += kernel.timeMs;
    if (kernel.flops > 0) share.productMs += kernel.timeMs;
    share.flops += kernel.flops;
    if (part === 'forwardMs' && !kernel.scope.startsWith('backward/')) shares.delete(name);
    shares.set(name, share);
  };
  for (const kernel of forward.kernels) add(kernel, 'forwardMs');
  for (const kernel of backward.kernels) add(kernel, 'backwardMs');
  return [...shares.values()];
}

/** The run whose time is the median; the first, which also allocates, is left out where there are others. */
export function medianRun({ runs }: ProgramProfile): ProgramRun {
  const warm = runs.length > 1 ? runs.slice(1) : runs;
  return warm.toSorted((a, b) => a.timeMs - b.timeMs)[Math.floor((warm.length - 1) / 2)]!;
}
