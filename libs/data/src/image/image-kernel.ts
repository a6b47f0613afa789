import {
  advance,
  code,
  get,
  locals,
  loopUntil,
  operation,
  pageBytes,
  parameters,
  set,
  startKernel,
  type Code,
  type KernelMemory,
} from '#kernel/kernel.js';

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

/** Of four values at a time, in float32. */
const [add, mul, pmin, pmax] = [
  operation('f32x4.add'),
  operation('f32x4.mul'),
  operation('f32x4.pmin'),
  operation('f32x4.pmax'),
];
const line = (pointer: string, offset = 0): Code => code('v128.load', `offset=${offset}`, get(pointer));
const everywhere = (pointer: string, offset = 0): Code => code('v128.load32_splat', `offset=${offset}`, get(pointer));
const number = (value: number): Code => code('f32x4.splat', code('f32.const', value));
const zero = number(0);

/** Bytes 4 · quarter … of a line, as floats. */
function quarterOf(local: string, quarter: number): Code {
  const [half, part] = [['low', 'high'][quarter >> 1], ['low', 'high'][quarter & 1]];
  return code(
    'f32x4.convert_i32x4_u',
    code(`i32x4.extend_${part}_i16x8_u`, code(`i16x8.extend_${half}_i8x16_u`, get(local))),
  );
}

const quarters = [0, 1, 2, 3] as const;
const sum = (quarter: number): string => `sum${quarter}`;

const kernel = await startKernel<ImageKernel>([
  code('memory', '(export "memory")', 1),
  code(
    'func (export "blendRows")',
    parameters('i32', ['out', 'rows', 'rowsEnd', 'stride', 'weights', 'weightsEnd']),
    locals('i32', ['weight', 'row']),
    locals('v128', ['w', 'bytes', ...quarters.map(sum)]),
    loopUntil('rows', 'rowsEnd', [
      ...quarters.map((quarter) => set(sum(quarter), zero)),
      set('row', get('rows')),
      set('weight', get('weights')),
      loopUntil('weight', 'weightsEnd', [
        set('w', everywhere('weight')),
        set('bytes', line('row')),
        ...quarters.map((quarter) =>
          set(sum(quarter), add(get(sum(quarter)), mul(get('w'), quarterOf('bytes', quarter)))),
        ),
        advance('row', get('stride')),
        advance('weight', valueBytes),
      ]),
      ...quarters.map((quarter) => code('v128.store', `offset=${quarter * lineBytes}`, get('out'), get(sum(quarter)))),
      advance('rows', lineBytes),
      advance('out', lineBytes * quarters.length),
    ]),
  ),
  code(
    'func (export "blendColumns")',
    parameters('i32', ['out', 'outEnd', 'row', 'starts', 'weights', 'tapBytes']),
    locals('i32', ['weightsEnd', 'pixel']),
    locals('v128', ['sum']),
    set('weightsEnd', get('weights')),
    loopUntil('out', 'outEnd', [
      advance('weightsEnd', get('tapBytes')),
      set('sum', zero),
      set('pixel', code('i32.add', get('row'), code('i32.load', get('starts')))),
      loopUntil('weights', 'weightsEnd', [
        set('sum', add(get('sum'), mul(everywhere('weights'), line('pixel')))),
        advance('pixel', pixelBytes),
        advance('weights', valueBytes),
      ]),
      // The fourth value is the next pixel's first, which is written next.
      code('v128.store', get('out'), get('sum')),
      advance('out', pixelBytes),
      advance('starts', valueBytes),
    ]),
  ),
  code(
    'func (export "writeColours")',
    parameters('i32', ['out', 'step', 'pixels', 'pixelsEnd', 'constants']),
    locals('v128', ['red', 'green', 'blue', 'scale', 'shift', 'colour']),
    ...['red', 'green', 'blue', 'scale', 'shift'].map((name, i) => set(name, line('constants', i * lineBytes))),
    loopUntil('pixels', 'pixelsEnd', [
      set(
        'colour',
        add(
          add(mul(everywhere('pixels'), get('red')), mul(everywhere('pixels', valueBytes), get('green'))),
          mul(everywhere('pixels', 2 * valueBytes), get('blue')),
        ),
      ),
      set('colour', add(mul(pmin(pmax(get('colour'), zero), number(255)), get('scale')), get('shift'))),
      code('v128.store64_lane', 0, get('out'), get('colour')),
      code('v128.store32_lane', `offset=${2 * valueBytes}`, 2, get('out'), get('colour')),
      advance('pixels', pixelBytes),
      advance('out', get('step')),
    ]),
  ),
]);

export const { blendRows, blendColumns, writeColours } = kernel;

/** As rows are blended 16 values at a time. */
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
