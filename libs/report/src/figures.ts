/** A share as a percentage with two to three digits that count: `0.07 %`, `6.4 %`, `38 %`, `100 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return '<0.01\u00a0%';
  const digits = value === 0 || value >= 99.95 ? 0 : value < 0.995 ? 2 : 1;
  return `${value.toFixed(digits)}\u00a0%`;
}

/** A share in whole per cent, for where many stand together: `49 %`, `<1 %`. */
export function wholePercent(share: number): string {
  return share > 0 && share < 0.005 ? '<1\u00a0%' : `${Math.round(share * 100)}\u00a0%`;
}

/** A share at a tick of an axis: no more digits than it has. */
export function tickPercent(share: number): string {
  return `${significant(share * 100)}\u00a0%`;
}

/** A small number as a power of ten: `5e-4`. */
export function exponential(value: number): string {
  return value === 0
    ? '0'
    : value
        .toExponential(2)
        .replace(/\.?0+e/, 'e')
        .replace('e+', 'e');
}

/** `12,345`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

/** `45 s`, `3 min 52 s`, `1 h 12 min`. */
export function duration(seconds: number): string {
  const total = Math.round(seconds);
  if (total < 60) return `${total}\u00a0s`;
  if (total < 3600) return `${Math.floor(total / 60)}\u00a0min ${total % 60}\u00a0s`;
  return `${Math.floor(total / 3600)}\u00a0h ${Math.floor((total % 3600) / 60)}\u00a0min`;
}

/** `605 MB`; decimal units. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
  return `${significant(count / 1000 ** power)}\u00a0${units[power] ?? ''}`;
}

/** `4.2 million`; plain digits under a million. */
export function large(value: number): string {
  if (value < 1e6) return whole(value);
  return value < 1e9 ? `${significant(value / 1e6)}\u00a0million` : `${significant(value / 1e9)}\u00a0billion`;
}

/** Three digits that count, without trailing zeros; small and very large values as `5e-4`. */
export function significant(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-3 || magnitude >= 1e6) return exponential(value);
  return String(Number(value.toPrecision(3)));
}

/** A share against what guessing gives: `91 × chance of 0.07 %`, or just the chance where it is no better. */
export function besideChance(share: number, chance: number): string {
  if (share <= chance) return `chance ${percent(chance)}`;
  const times = share / chance;
  return `${times >= 10 ? whole(times) : times.toFixed(1)}\u00a0× chance of ${percent(chance)}`;
}

/** `1st`, `2nd`, `3rd`, `11th`. */
export function ordinal(rank: number): string {
  const teen = rank % 100 >= 11 && rank % 100 <= 13;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][rank % 10] ?? 'th');
  return `${whole(rank)}${ending}`;
}
