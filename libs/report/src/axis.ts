/** Round numbers that cover a range. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * The axis for values in [low, high] with about `count` ticks, at multiples of 1, 2 or 5 times a power of ten. It ends on a
 * tick at the top; `low` is kept where it is, so that an axis that starts at 0 stays there.
 */
export function axis(low: number, high: number, count: number): Axis {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const step = roundStep(span / count);
  const top = Math.ceil((low + span) / step - 1e-9);
  const bottom = Math.ceil(low / step - 1e-9);
  const ticks = Array.from({ length: top - bottom + 1 }, (_, index) => Number(((bottom + index) * step).toPrecision(12)));
  return { low, high: ticks.at(-1) ?? high, ticks };
}

/** The same, but ending at `high` exactly: for steps, where nothing lies beyond the last one. */
export function axisUpTo(low: number, high: number, count: number): Axis {
  const { ticks } = axis(low, high, count);
  return { low, high: high > low ? high : low + 1, ticks: ticks.filter((tick) => tick <= high) };
}

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const lead = raw / power;
  return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}
