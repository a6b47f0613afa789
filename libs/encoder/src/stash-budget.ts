import type { DeviceKind } from '#engine/device.js';
import { readFreeMemory, type FreeMemory } from '#engine/devices/free-memory.js';
import { findGpus } from '#engine/devices/gpus.js';

/** Bytes that stashes may take, asked whenever there is one to keep. */
export type StashBudget = (needs: Pick<StashNeeds, 'takenBytes' | 'stashBytes'>) => number;

/** What a worker needs its memory for. */
export interface StashNeeds {
  /** The most that stashes have held: theirs to hold again. */
  readonly takenBytes: number;
  /** Of one micro-batch in one tower. */
  readonly stashBytes: number;
  /** Of both towers; their gradients take as much again. */
  readonly parameterBytes: number;
}

/** Where stashes lie: in the machine's memory, which others use too, or on a GPU. */
export type StashMemory =
  ({ readonly kind: 'host' } & FreeMemory) | { readonly kind: 'gpu'; readonly totalBytes: number | undefined };

/** Of all memory this share stays free: for others, and for what other workers are about to take. */
const freeShare = 1 / 8;
/** Where it is not known how much there is. */
const unknownBytes = 2 ** 30;

/**
 * `auto`: what is free now and what stashes have already, less a share that stays free and less what the two passes
 * over a micro-batch still take (its stash, about as much again in passing, and on the machine's memory the gradients,
 * which are first touched in backward). Of a GPU only the size is known: parameters and gradients come off too.
 */
export function stashBytesFor(
  setting: number | 'auto',
  memory: StashMemory,
  { takenBytes, stashBytes, parameterBytes }: StashNeeds,
): number {
  if (setting !== 'auto') return setting;
  if (memory.totalBytes === undefined) return unknownBytes;
  const passBytes = 2 * stashBytes + memory.totalBytes * freeShare;
  const bytes =
    memory.kind === 'host'
      ? takenBytes + memory.availableBytes - parameterBytes
      : memory.totalBytes - 2 * parameterBytes;
  return Math.max(0, Math.floor(bytes - passBytes));
}

/** The same for people, before anything is known of a model. */
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
  /** Measures again at every call. */
  bytesFor(needs: StashNeeds): number;
}

/** The budget on a device: CUDA's tensors lie in the machine's memory between runs, those of WebGPU on the GPU. */
export async function openStashBudget(setting: number | 'auto', device: DeviceKind): Promise<MeasuredStashBudget> {
  const gpus = device === 'webgpu' ? await findGpus() : [];
  // Which of several is used is not known: the smallest is a bound.
  const sizes = gpus.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  const gpu: StashMemory = { kind: 'gpu', totalBytes: sizes.length > 0 ? Math.min(...sizes) : undefined };
  const measure = (): StashMemory => (device === 'webgpu' ? gpu : { kind: 'host', ...readFreeMemory() });
  return {
    reason: stashReason(setting, measure()),
    bytesFor: (needs) => stashBytesFor(setting, measure(), needs),
  };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
