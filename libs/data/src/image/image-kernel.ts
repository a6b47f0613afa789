import { loadKernel, pageBytes, type KernelMemory } from '#kernel/load-kernel.js';

export const valueBytes = Float32Array.BYTES_PER_ELEMENT;
/** Red, green and blue. */
export const pixelBytes = 3 * valueBytes;
const lineBytes = 16;

/** Addresses in the kernel's memory. What is written there may spill over its end by less than `spillBytes`. */
interface ImageKernel {
  readonly memory: KernelMemory;
  /** out[i] ← Σ_t weights[t] · rows[t · stride + i]: rows of bytes to one of floats. */
  blendRows(out: number, rows: number, rowsEnd: number, stride: number, weights: number, weightsEnd: number): void;
  /**
   * out[x] ← Σ_t weights[x, t] · row[starts[x] + t]: pixels of three floats; a start is in bytes; `tapBytes`: of the
   * weights of one x.
   */
  blendColumns(out: number, outEnd: number, row: number, starts: number, weights: number, tapBytes: number): void;
  /**
   * For each pixel from `pixels` on: cut to 0 … 255 after the matrix, scaled and shifted; `out` moves by `step` bytes.
   * `constants`: five lines.
   */
  writeColours(out: number, step: number, pixels: number, pixelsEnd: number, constants: number): void;
}

const kernel = await loadKernel<ImageKernel>(new URL('./image-kernel.wasm', import.meta.url));

export const { blendRows, blendColumns, writeColours } = kernel;

/** The kernel may write so far beyond its output's end, for it blends rows 16 values at a time. */
const spillBytes = 64;

/**
 * Addresses of places of so many bytes, one after another; until the next call. Views of places given before may be of
 * no more use.
 */
export function placesOf(byteLengths: readonly number[]): number[] {
  let end = 0;
  const places = byteLengths.map((byteLength) => {
    const place = end;
    end = Math.ceil((end + byteLength + spillBytes) / lineBytes) * lineBytes;
    return place;
  });
  const missing = end - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / pageBytes));
  return places;
}

export function bytesAt(place: number, length: number): Uint8Array {
  return new Uint8Array(kernel.memory.buffer, place, length);
}

export function floatsAt(place: number, length: number): Float32Array {
  return new Float32Array(kernel.memory.buffer, place, length);
}

export function integersAt(place: number, length: number): Int32Array {
  return new Int32Array(kernel.memory.buffer, place, length);
}
