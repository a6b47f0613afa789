import { describe, expect, it } from 'vitest';
import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import { liveLine, openProgress, plainLine } from './progress.js';
import type { Terminal } from '../terminal/terminal.js';

const step: StepMetrics = {
  step: 40,
  loss: 3.2141,
  accuracy: 0.2137,
  logitScale: 16.23,
  learningRate: 1e-3,
  gradientNorm: 1,
  pairsPerSecond: 811.6,
  encodeMs: 1,
  lossMs: 1,
  backpropMs: 1,
  updateMs: 1,
  stepMs: 4,
  loadMs: 0,
  bytesIn: 1,
  bytesOut: 1,
  workers: 2,
  retries: 0,
  skipped: 0,
};
const status: RunStatus = {
  id: 'demo-1',
  name: 'demo',
  state: 'training',
  reason: 'workers answer',
  error: null,
  createdAt: '',
  startedAt: null,
  endedAt: null,
  step: 40,
  steps: 400,
  etaSeconds: 83,
  last: step,
  derived: null,
  evaluations: [],
  checkpoint: null,
  best: null,
  skippedSamples: 0,
  stepsChanges: [],
  store: 'file:/s',
  idempotencyKey: null,
  config: {},
};

describe('the line of a run', () => {
  it('names step, loss, accuracy, pairs/s, scale, workers and time left', () => {
    expect(plainLine(step, 400, 83)).toBe(
      'step 40/400  loss 3.214  accuracy 21.4 %  812 pairs/s  scale 16.2  2 workers  1:23 left',
    );
  });

  it.each([200, 120, 100, 80, 60, 40])('fits into %i columns and keeps step, loss and time left', (columns) => {
    const line = liveLine(status, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(line).toMatch(/^step {2}40\/400/);
    expect(line).toContain('loss 3.214');
    if (columns >= 60) expect(line).toMatch(/━+─+.*1:23 left$/);
  });

  it('says what a run waits for before its first step', () => {
    expect(liveLine({ ...status, state: 'preparing', last: null, reason: 'learning the vocabulary' }, 80)).toBe(
      'preparing: learning the vocabulary',
    );
  });

  it('is written at the first step, every 15 s and at the last step where it cannot be rewritten', () => {
    const { lines, terminal } = plainTerminal();
    const progress = openProgress(terminal);
    const at = (count: number, seconds: number): void =>
      progress.show({ ...status, step: count, last: { ...step, step: count } }, seconds * 1000);
    [
      [1, 0],
      [1, 1],
      [5, 8],
      [10, 15],
      [12, 16],
      [399, 40],
      [400, 41],
      [400, 42],
    ].forEach(([count = 0, seconds = 0]) => at(count, seconds));
    expect(lines.map((line) => line.trim().split('  ')[0])).toEqual([
      'step 1/400',
      'step 10/400',
      'step 399/400',
      'step 400/400',
    ]);
  });
});

function plainTerminal(): { readonly lines: string[]; readonly terminal: Terminal } {
  const lines: string[] = [];
  const same = (text: string): string => text;
  return {
    lines,
    terminal: {
      json: false,
      live: false,
      columns: () => 80,
      say: (line = '') => void lines.push(line),
      update: () => undefined,
      result: () => undefined,
      fail: () => undefined,
      bold: same,
      dim: same,
    },
  };
}
