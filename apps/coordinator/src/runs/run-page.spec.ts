// Goal: pages show each run once, also while runs come and go.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runPage } from './run-page.js';

const run = (number: number): { readonly id: string; readonly createdAt: string } => ({
  id: `run-${number}`,
  createdAt: new Date(number * 1000).toISOString(),
});

it('pages of any size show every run once, in order, while new runs come and the last one shown is removed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 10 }), fc.boolean(), (count, limit, go) => {
      const first = Array.from({ length: count }, (_, at) => run(count - at));
      let [runs, number] = [first, count];
      const shown: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = runPage(runs, limit, cursor);
        expect(page.runs.length).toBeLessThanOrEqual(limit);
        shown.push(...page.runs.map(({ id }) => id));
        cursor = page.next;
        const last = page.runs.at(-1);
        if (go) runs = [run(++number), ...runs.filter((one) => one !== last)];
      }
      expect(shown).toEqual(first.map(({ id }) => id));
    }),
  );
});

it.each(['', 'nonsense', Buffer.from('2026 x y').toString('base64url'), 'x'.repeat(5000)])(
  'what is no cursor is refused: %.20s',
  (cursor) => {
    expect(() => runPage([run(1)], 1, cursor)).toThrow(/after: expected what `next`/);
  },
);
