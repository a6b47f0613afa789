/** A share of 1 as a percentage, with one digit after the point or two below 1 %: `0.07 %`, `6.4 %`, `100 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return '<0.01 %';
  const digits = value === 0 || value >= 99.95 ? 0 : value < 0.995 ? 2 : 1;
  return `${value.toFixed(digits)} %`;
}

/** A share as a whole percentage, for places with many of them: `49 %`, `<1 %`. */
export function wholePercent(share: number): string {
  return share > 0 && share < 0.005 ? '<1 %' : `${Math.round(share * 100)} %`;
}

/** A share at a tick of an axis, without trailing zeros: `20 %`, `2.5 %`. */
export function tickPercent(share: number): string {
  return `${significant(share * 100)} %`;
}

/** The text with spaces at which no line breaks, so that a number and its unit stay together in running text. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

/** A number in scientific notation with up to three digits: `5e-4`. */
export function exponential(value: number): string {
  return value === 0
    ? '0'
    : value
        .toExponential(2)
        .replace(/\.?0+e/, 'e')
        .replace('e+', 'e');
}

/** A whole number with commas between thousands: `12,345`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

/** A time span: `45 s`, `3 min 52 s`, `1 h 12 min`. */
export function duration(seconds: number): string {
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}

/** A size in decimal units, 1 MB = 10⁶ bytes: `605 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  return `${significant(count / 1000 ** power)} ${units[power] ?? ''}`;
}

/** A count in words from a million on: `4.2 million`, `12,345`. */
export function large(value: number): string {
  if (value < 1e6) return whole(value);
  return value < 1e9 ? `${significant(value / 1e6)} million` : `${significant(value / 1e9)} billion`;
}

/** Three significant digits without trailing zeros; below 0.001 and from a million on as `5e-4`. */
export function significant(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-3 || magnitude >= 1e6) return exponential(value);
  return String(Number(value.toPrecision(3)));
}

/** A share as a multiple of chance: `91 × chance of 0.07 %`, or only the chance where the share is no higher. */
export function besideChance(share: number, chance: number): string {
  const chanceText = unbroken(percent(chance));
  if (share <= chance) return `chance ${chanceText}`;
  const times = share / chance;
  return `${times >= 10 ? whole(times) : times.toFixed(1)}\u00a0× chance of ${chanceText}`;
}

/** A place in an order: `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(rank: number): string {
  const teen = rank % 100 >= 11 && rank % 100 <= 13;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][rank % 10] ?? 'th');
  return `${whole(rank)}${ending}`;
}
