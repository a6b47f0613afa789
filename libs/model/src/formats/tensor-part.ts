/** A tensor of another tool, and the place of its values in one of our parameters. */
export interface TensorPart {
  /** Its name in the other tool. */
  readonly name: string;
  readonly place: Place;
}

/**
 * whole: the same values in the same shape. transposed: our [a, b] as [b, a]. third: our rows [i·rows/3, (i+1)·rows/3);
 * queries, keys and values are stacked in this way in attn.in_proj_weight.
 */
export type Place =
  { readonly kind: 'whole' } | { readonly kind: 'transposed' } | { readonly kind: 'third'; readonly index: 0 | 1 | 2 };

export const whole: Place = { kind: 'whole' };
export const transposed: Place = { kind: 'transposed' };
export const thirds: readonly Place[] = ([0, 1, 2] as const).map((index) => ({ kind: 'third', index }));

/** The shape of a part of a parameter of shape `ours`. */
export function partShape(ours: readonly number[], place: Place): readonly number[] {
  switch (place.kind) {
    case 'whole':
      return ours;
    case 'transposed':
      return [...ours].reverse();
    case 'third':
      return [(ours[0] ?? 0) / 3, ...ours.slice(1)];
  }
}

/** The shape of the parameter that a part of shape `theirs` belongs to. */
export function parameterShape(theirs: readonly number[], place: Place): readonly number[] {
  switch (place.kind) {
    case 'whole':
      return theirs;
    case 'transposed':
      return [...theirs].reverse();
    case 'third':
      return [(theirs[0] ?? 0) * 3, ...theirs.slice(1)];
  }
}

/**
 * Takes the values of a part from those of the parameter, which have shape `ours`. They are the same bit for bit, and a
 * view if the order is the same.
 */
export function takePart(values: Float32Array, ours: readonly number[], place: Place): Float32Array {
  switch (place.kind) {
    case 'whole':
      return values;
    case 'transposed':
      return transpose(values, ours);
    case 'third':
      return values.subarray((place.index * values.length) / 3, ((place.index + 1) * values.length) / 3);
  }
}

/**
 * Writes the values of a part into those of the parameter, `into`, which has shape `ours`. They stay the same bit for
 * bit.
 */
export function putPart(into: Float32Array, ours: readonly number[], place: Place, values: Float32Array): void {
  switch (place.kind) {
    case 'whole':
      return into.set(values);
    case 'transposed':
      return into.set(transpose(values, partShape(ours, place)));
    case 'third':
      return into.set(values, (place.index * into.length) / 3);
  }
}

function transpose(values: Float32Array, [rows = 1, columns = 1]: readonly number[]): Float32Array {
  // Copied as integers, because a NaN that is read as a float may come back with other bits.
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const to = new Uint32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) to[column * rows + row] = from[row * columns + column]!;
  return new Float32Array(to.buffer);
}
