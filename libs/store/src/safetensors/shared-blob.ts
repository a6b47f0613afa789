import { allocateSafetensors } from './safetensors.js';

/**
 * A safetensors blob of float32 tensors, all zeros, in memory that threads share: made once, written again each step.
 */
export interface SharedBlob {
  readonly bytes: Uint8Array;
  /** Views into the blob, by name. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** Blobs of equal specs are laid out alike, whoever makes them. */
export function sharedBlob(specs: readonly { readonly name: string; readonly shape: readonly number[] }[]): SharedBlob {
  const layout = Object.fromEntries(specs.map(({ name, shape }) => [name, { dtype: 'F32' as const, shape }]));
  const { bytes, tensors } = allocateSafetensors(layout, {}, (length) => new SharedArrayBuffer(length));
  return {
    bytes,
    values: Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array])),
  };
}
