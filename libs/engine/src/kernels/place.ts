import { sizeOf } from '../tensor-spec.js';

/** One element of a tensor: an expression for each axis, and one for its number in row-major order. */
export interface Place {
  readonly linear: string;
  readonly axes: readonly string[];
}

/** Number of elements between neighbours along each axis, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** The element with this number. `name` gives an expression a name, so that it is computed once. */
export function placeAt(linear: string, shape: readonly number[], name: (expression: string) => string): Place {
  const strides = stridesOf(shape);
  let axes: readonly string[] | undefined;
  return {
    linear,
    get axes() {
      return (axes ??= shape.map((extent, axis) => {
        if (extent === 1) return '0';
        const whole = strides[axis] === 1 ? linear : name(`${linear} / ${strides[axis]}`);
        return shape.slice(0, axis).every((before) => before === 1) ? whole : name(`${whole} % ${extent}`);
      }));
    },
  };
}

/** The element at these places along the axes. */
export function placeOf(
  axes: readonly string[],
  shape: readonly number[],
  name: (expression: string) => string,
): Place {
  const strides = stridesOf(shape);
  let linear: string | undefined;
  return {
    axes,
    get linear() {
      const terms = axes.flatMap((at, axis) =>
        at === '0' || shape[axis] === 1 ? [] : [strides[axis] === 1 ? at : `${at} * ${strides[axis]}`],
      );
      return (linear ??=
        terms.length === 0 ? '0' : terms.length === 1 && /^\w+$/.test(terms[0]!) ? terms[0]! : name(terms.join(' + ')));
    },
  };
}
