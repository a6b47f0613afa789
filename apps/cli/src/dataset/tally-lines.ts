import type { Tally } from '#data/prepare/tally.js';
import { whole } from '#report/figures.js';

/** Counts by kind, a line each with examples; the first has the title before it. */
export function tallyLines(title: string, tallies: readonly Tally[]): string[] {
  return tallies.map(({ what, count, examples }, at) => {
    const more = count > examples.length ? ', …' : '';
    return `  ${(at === 0 ? title : '').padEnd(8)}  ${whole(count)}: ${what}  (${examples.join(', ')}${more})`;
  });
}
