import type { TypedArray } from '../tensor-spec.js';

/** Sizes along the three axes that a GPU counts in. */
export type Extents = readonly [number, number, number];

/** One launch of a kernel. */
export interface Launch {
  /** A function of the source. */
  readonly kernel: string;
  /** What its parameters are, by number: see `KernelProgram.buffers`. */
  readonly buffers: readonly number[];
  readonly groups: Extents;
  /** Threads of a group. */
  readonly threads: Extents;
}

/** Where a tensor lies while a program runs. */
export type BufferPlace =
  | { readonly kind: 'input'; readonly name: string }
  /** A part of the arena, which every run uses again. Its bytes begin at `offset`. */
  | { readonly kind: 'arena'; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'constant'; readonly data: TypedArray };

/**
 * A program as a GPU runs it: the source text of its kernels, without the header of a
 * dialect, and the launches in their order. It is plain data, so it
 * can be sent to a thread and kept on disk.
 */
export interface KernelProgram {
  readonly source: string;
  readonly launches: readonly Launch[];
  readonly buffers: readonly BufferPlace[];
  readonly arenaBytes: number;
  /** The buffer of each output. */
  readonly outputs: Readonly<Record<string, number>>;
}
