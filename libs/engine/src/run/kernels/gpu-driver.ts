import type { Extents } from '../../kernels/kernel.js';
import type { TypedArray } from '../../tensor-spec.js';

/** Memory of a device: whole, or a part of another buffer. */
export interface GpuBuffer {
  readonly bytes: number;
  release(): void;
}

/** A kernel with its parameters. */
export interface GpuLaunch {
  /** Chooses the buffer of a parameter. */
  bind(parameter: number, buffer: GpuBuffer): void;
  /** Queues it behind all that was queued before. */
  launch(): void;
  release(): void;
}

export interface GpuModule {
  launch(kernel: string, groups: Extents, threads: Extents): GpuLaunch;
  release(): void;
}

/** What an engine asks of a GPU. Calls are carried out one after another; a read waits for all before it. */
export interface GpuDriver {
  /** For people. */
  readonly name: string;
  allocate(bytes: number): GpuBuffer;
  part(buffer: GpuBuffer, offset: number, bytes: number): GpuBuffer;
  write(buffer: GpuBuffer, data: TypedArray): void;
  read(buffer: GpuBuffer, into: TypedArray): void;
  copy(from: GpuBuffer, to: GpuBuffer, bytes: number): void;
  clear(buffer: GpuBuffer): void;
  /** Compiles source text. Throws with the compiler's words. */
  build(source: string): GpuModule;
  close(): void;
}
