import type { DeviceKind } from '#engine/device.js';
import { readFreeMemory, type FreeMemory } from '#engine/devices/free-memory.js';
import { findGpus } from '#engine/devices/gpus.js';

/** The bytes that stashes may take; it is called whenever there is one to keep. */
export type StashBudget = (needs: Pick<StashNeeds, 'takenBytes' | 'stashBytes'>) => number;

/** What a worker needs its memory for, in bytes. */
export interface StashNeeds {
  /** The most that stashes have held so far; they can hold as much again. */
  readonly takenBytes: number;
  /** The stash of one micro-batch in one tower. */
  readonly stashBytes: number;
  /** The parameters of both towers; their gradients take as much again. */
  readonly parameterBytes: number;
  /** What sums of gradients may still take of the machine's memory (see NodeSums). */
  readonly sumBytes: number;
}

/** The memory that stashes are in: the machine's, which others use too, or that of a GPU. */
export type StashMemory =
  ({ readonly kind: 'host' } & FreeMemory) | { readonly kind: 'gpu'; readonly totalBytes: number | undefined };

/** The share of all memory that stays free for others, and for what other workers are about to take. */
const freeShare = 1 / 8;
/** The budget if the size of the memory is not known. */
const unknownBytes = 2 ** 30;

/**
 * Decides how many bytes stashes may take: `setting`, if it is a number. `auto` takes what is free now and what stashes
 * hold already. It leaves the free share, and what the two passes over a micro-batch still need: its stash, about as
 * much again for temporary tensors, and in the machine's memory the gradients, which are first touched in backward, and
 * the sums of gradients. Of a GPU only the size is known, so parameters and gradients are subtracted too.
 */
export function stashBytesFor(
  setting: number | 'auto',
  memory: StashMemory,
  { takenBytes, stashBytes, parameterBytes, sumBytes }: StashNeeds,
): number {
  if (setting !== 'auto') return setting;
  if (memory.totalBytes === undefined) return unknownBytes;
  const passBytes = 2 * stashBytes + memory.totalBytes * freeShare;
  const bytes =
    memory.kind === 'host'
      ? takenBytes + memory.availableBytes - parameterBytes - sumBytes
      : memory.totalBytes - 2 * parameterBytes;
  return Math.max(0, Math.floor(bytes - passBytes));
}

/** Explains the decision to people, before anything is known about a model. */
export function stashReason(setting: number | 'auto', memory: StashMemory): string {
  if (setting !== 'auto') return `TANDEM_STASH_BYTES=${setting}`;
  if (memory.totalBytes === undefined)
    return `auto: ${gibibytes(unknownBytes)}, since the memory of the GPU is not known`;
  const found =
    memory.kind === 'host'
      ? `${gibibytes(memory.availableBytes)} are free of the ${gibibytes(memory.totalBytes)} that the ` +
        `${memory.limit} has`
      : `the GPU has ${gibibytes(memory.totalBytes)}`;
  return `auto: ${found}; ${gibibytes(memory.totalBytes * freeShare)} stay free, and what a pass needs`;
}

export interface MeasuredStashBudget {
  /** For the log. */
  readonly reason: string;
  /** All memory that stashes, parameters and gradients are in; null if it is not known. */
  readonly memoryBytes: number | null;
  /** Measures the memory again on each call. */
  bytesFor(needs: StashNeeds): number;
}

/** Opens the budget for a device. CUDA's tensors are in the machine's memory between runs, WebGPU's are on the GPU. */
export async function openStashBudget(setting: number | 'auto', device: DeviceKind): Promise<MeasuredStashBudget> {
  const gpus = device === 'webgpu' ? await findGpus() : [];
  // Which of several GPUs is used is not known; the smallest one is a safe bound.
  const sizes = gpus.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  const gpu: StashMemory = { kind: 'gpu', totalBytes: sizes.length > 0 ? Math.min(...sizes) : undefined };
  const measure = (): StashMemory => (device === 'webgpu' ? gpu : { kind: 'host', ...readFreeMemory() });
  return {
    reason: stashReason(setting, measure()),
    memoryBytes: measure().totalBytes ?? null,
    bytesFor: (needs) => stashBytesFor(setting, measure(), needs),
  };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
