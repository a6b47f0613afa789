import { describe, expect, it } from 'vitest';
import { lightPalette } from '../palette.js';
import { pointChart, type PointChart } from './point-chart.js';

const frame = { width: 400, height: 300, fontSize: 10 };
const chart: PointChart = {
  title: 'Accuracy',
  unit: 'top-1',
  xTitle: 'GFLOP',
  xScale: 'log',
  yFrom: 'data',
  format: String,
  series: [
    {
      label: 'here',
      mark: 'dot',
      joined: true,
      points: [
        { x: 1, y: 0.5, deviation: 0.1, name: 'a < b' },
        { x: 100, y: 0.9 },
      ],
    },
    { label: 'there', mark: 'star', joined: false, points: [{ x: 10, y: 0.7 }] },
  ],
};

describe('pointChart', () => {
  const { text } = pointChart(chart, frame, lightPalette);
  const numbers = (pattern: RegExp): number[] => [...text.matchAll(pattern)].map(([, value]) => Number(value));

  it('puts equal factors at equal distances on a log axis, and higher values higher', () => {
    const [one, hundred] = numbers(/<circle cx="([\d.]+)" cy="[\d.]+" r="3"/g).slice(1); // The first is the legend's.
    const star = /<polygon points="([\d.]+),/g;
    const ten = numbers(star)[1]!;
    expect(ten - one!).toBeCloseTo(hundred! - ten, 0);
    const [low, high] = numbers(/<circle cx="[\d.]+" cy="([\d.]+)" r="3"/g).slice(1);
    expect(low).toBeGreaterThan(high!);
  });

  it('draws a bar of the deviation, the names escaped, and every label', () => {
    const bar = /<line x1="([\d.]+)" x2="\1" y1="([\d.]+)" y2="([\d.]+)"[^>]*stroke-opacity/.exec(text)!;
    expect(Number(bar[2])).toBeGreaterThan(Number(bar[3]));
    expect(text).toContain('a &lt; b');
    for (const label of ['Accuracy', 'top-1', 'GFLOP', 'here', 'there']) expect(text).toContain(`>${label}</text>`);
  });

  it('stays inside its frame', () => {
    for (const x of numbers(/ (?:x|cx|x1|x2)="(-?[\d.]+)"/g)) expect(x).toBeLessThanOrEqual(frame.width);
    for (const y of numbers(/ (?:y|cy|y1|y2)="(-?[\d.]+)"/g)) expect(y).toBeLessThanOrEqual(frame.height);
    expect(text).not.toMatch(/NaN|Infinity|="-/);
  });
});
