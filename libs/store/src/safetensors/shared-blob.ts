import { allocateSafetensors } from './safetensors.js';

/**
 * A safetensors blob of float32 tensors in memory shared between threads. It is allocated once, filled with zeros, and
 * overwritten every step.
 */
export interface SharedBlob {
  readonly bytes: Uint8Array;
  /** Views into the blob, by name. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** Allocates a shared blob. Equal specs always give the same layout, in any process. */
export function sharedBlob(specs: readonly { readonly name: string; readonly shape: readonly number[] }[]): SharedBlob {
  const layout = Object.fromEntries(specs.map(({ name, shape }) => [name, { dtype: 'F32' as const, shape }]));
  const { bytes, tensors } = allocateSafetensors(layout, {}, (length) => new SharedArrayBuffer(length));
  return {
    bytes,
    values: Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array])),
  };
}
