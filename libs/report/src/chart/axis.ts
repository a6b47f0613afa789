/** Round numbers that cover a range. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * The axis for values in [low, high] with about `count` ticks, at multiples of 1, 2 or 5 times a power of ten. It ends
 * on a tick at the top; `low` is kept where it is, so that an axis that starts at 0 stays there.
 */
export function axis(low: number, high: number, count: number): Axis {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const step = roundStep(span / count);
  const top = Math.ceil((low + span) / step - 1e-9);
  const bottom = Math.ceil(low / step - 1e-9);
  const ticks = Array.from({ length: top - bottom + 1 }, (_, index) =>
    Number(((bottom + index) * step).toPrecision(12)),
  );
  return { low, high: ticks.at(-1) ?? high, ticks };
}

/** The axis of steps 0 … `last`: it ends there, for nothing lies beyond, and has no more than `most` ticks after 0. */
export function stepAxis(last: number, most: number): Axis {
  const step = Math.max(1, roundUp(last / most));
  return { low: 0, high: last, ticks: Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step) };
}

/** The nearest of 1, 2 and 5 times a power of ten. */
function roundStep(raw: number): number {
  const { lead, power } = scientific(raw);
  return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}

function roundUp(raw: number): number {
  const { lead, power } = scientific(raw);
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

function scientific(value: number): { readonly lead: number; readonly power: number } {
  const power = 10 ** Math.floor(Math.log10(value));
  return { lead: value / power, power };
}
