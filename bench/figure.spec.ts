import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chosenFigures, reaches, type Measurement } from './figure.js';
import { figures } from './figures.js';

it('reaches: at least and at most count the bar itself; what is only reported passes', () => {
  const measured = (ratio: number): Measurement => ({ name: 'a', value: ratio, unit: 's', reference: 1, ratio });
  expect([0.79, 0.8, 0.81].map((ratio) => reaches({ kind: 'atLeast', ratio: 0.8 }, measured(ratio)))).toEqual([
    false,
    true,
    true,
  ]);
  expect([1.9, 2, 2.1].map((ratio) => reaches({ kind: 'atMost', ratio: 2 }, measured(ratio)))).toEqual([
    true,
    true,
    false,
  ]);
  expect(reaches({ kind: 'atLeast', ratio: 0 }, measured(NaN))).toBe(false);
  expect(reaches({ kind: 'reported' }, measured(7))).toBe(true);
});

it(
  'chosenFigures: by name, or by the parts they begin with where there is none of that name; in ' +
    'the order of the table',
  () => {
    const names = (...asked: string[]): string[] => chosenFigures(figures, asked).map(({ name }) => name);
    expect(names()).toEqual(figures.map(({ name }) => name));
    expect(names('loss/16384', 'stash')).toEqual(['stash', 'loss/16384']);
    expect(names('step')).toEqual(['step/vit-b-32', 'step/small']);
    expect(() => names('ste')).toThrow('Expected names of figures, got "ste"');
  },
);

it('figures: one line each, measured by a module that is there', () => {
  expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
  expect(figures.filter(({ module }) => !existsSync(new URL(`./figures/${module}.js`, import.meta.url)))).toEqual([]);
});
