import { expect, test } from 'vitest';
import { endStates, hasEnded, type StepMetrics } from '#protocol/run/run-status.js';
import { parseRunDocument } from '#protocol/document/run-document.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { afterChange, queuedRun, type RunChange } from './run-transition.js';

const config = { name: 'tiny', steps: 4 } as RunConfig;
const queued = queuedRun({
  id: 'tiny-1',
  config,
  store: 'file:/store',
  at: '2026-01-01T00:00:00.000Z',
  idempotencyKey: null,
});
const derived = {
  parameters: 1,
  trainPairs: 8,
  shards: 1,
  shardSizes: [8],
  microBatch: 8,
  stepsPerEpoch: 1,
  epochs: 4,
  embeddingBytesPerStep: 1,
  gradientBytesPerShard: 1,
  parameterBytes: 1,
};
const step = (number: number, stepMs: number, skipped = 0): RunChange => ({
  kind: 'step',
  metrics: { step: number, stepMs, skipped } as StepMetrics,
});
const failed: RunChange = {
  kind: 'failed',
  error: {
    code: 'NON_FINITE',
    message: 'loss is NaN at step 2\n  at the image tower',
    help: 'Lower the learning rate.',
  },
};

function after(...changes: RunChange[]): ReturnType<typeof queuedRun> {
  return changes.reduce(
    (run, change, index) => afterChange(run, change, `2026-01-01T00:00:0${index + 1}.000Z`),
    queued,
  );
}

test('a run goes from queued to completed and keeps when it started and ended', () => {
  const run = after(
    { kind: 'started' },
    { kind: 'prepared', derived },
    step(1, 100),
    { kind: 'evaluating' },
    step(2, 100),
    { kind: 'completed' },
  );
  expect(run).toMatchObject({
    state: 'completed',
    step: 2,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:01.000Z',
    endedAt: '2026-01-01T00:00:06.000Z',
  });
});

test('a run that goes on says so, and not that it has no step', () => {
  const begun = after({ kind: 'started' }, { kind: 'prepared', derived });
  expect(begun.reason).toBe('Trains; no step is committed yet.');
  const resumed: RunChange[] = [{ kind: 'paused' }, { kind: 'resumed', amendment: {} }];
  const again: RunChange[] = [{ kind: 'started' }, { kind: 'prepared', derived }];
  const { reason } = after({ kind: 'started' }, { kind: 'prepared', derived }, step(1, 100), ...resumed, ...again);
  expect(reason).toBe('Trains on after 1 of 4 steps.');
});

test('the first step after an evaluation puts the run back into the state training', () => {
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, { kind: 'evaluating' }).state).toBe('evaluating');
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, { kind: 'evaluating' }, step(1, 100)).state).toBe(
    'training',
  );
});

test('the estimated time left follows a smoothed step time', () => {
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, step(1, 1000)).etaSeconds).toBeCloseTo(3);
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, step(1, 1000), step(2, 500)).etaSeconds).toBeCloseTo(
    2 * 0.9,
  );
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, step(4, 1000)).etaSeconds).toBe(0);
});

test('skipped samples add up', () => {
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, step(1, 1, 2), step(2, 1, 3)).skippedSamples).toBe(
    5,
  );
});

test('a failed run says where it stopped, why, and what to do', () => {
  expect(after({ kind: 'started' }, { kind: 'prepared', derived }, step(1, 1), failed)).toMatchObject({
    state: 'failed',
    reason: 'Stopped after 1 of 4 steps: loss is NaN at step 2',
    error: { code: 'NON_FINITE', message: expect.stringContaining('image tower'), help: 'Lower the learning rate.' },
    etaSeconds: null,
  });
});

test.each([{ kind: 'completed' }, failed, { kind: 'cancelled' }] satisfies RunChange[])(
  'a run that has ended as $kind ignores any further change',
  (end) => {
    const ended = after({ kind: 'started' }, { kind: 'prepared', derived }, end);
    expect(endStates).toContain(ended.state);
    expect(hasEnded(ended)).toBe(true);
    for (const change of [{ kind: 'started' }, step(1, 1), failed, { kind: 'cancelled' }] satisfies RunChange[])
      expect(afterChange(ended, change, 'later')).toBe(ended);
  },
);

test.each([
  ['step', [], step(1, 1)],
  ['prepared', [], { kind: 'prepared', derived }],
  ['completed', [{ kind: 'started' }], { kind: 'completed' }],
  ['started', [{ kind: 'started' }], { kind: 'started' }],
] satisfies [string, RunChange[], RunChange][])(
  '%s is refused in a state where it is not possible',
  (kind, before, change) => {
    expect(() => afterChange(after(...before), change, 'now')).toThrow(new RegExp(`expected '${kind}' only when`));
  },
);

test('a download goes from queued to completed by its tars', () => {
  const download = parseRunDocument({ name: 'tars', store: 'file:/t', download: { list: '/l.tsv' } });
  const account = { pictures: 3, stored: 2, duplicates: 0, failed: [], unsettled: 1, leftOut: [], said: [] };
  let run = queuedRun({ id: 't-1', config: download, store: 'file:/t', at: 'now', idempotencyKey: null });
  const change = (one: RunChange): void => void (run = afterChange(run, one, 'later'));
  expect(run).toMatchObject({ step: 0, steps: 0 });
  change({ kind: 'started' });
  expect(run.reason).toBe('Reads its list.');
  change({ kind: 'listed', tars: 2 });
  expect(run).toMatchObject({ state: 'downloading', steps: 2 });
  change({ kind: 'downloaded', tars: 1, stored: 2, failed: 1, account });
  expect(run).toMatchObject({ step: 1, download: account, reason: expect.stringContaining('1 of 2 tars') as string });
  change({ kind: 'paused' });
  expect(run.reason).toBe('Paused by its owner after 1 of 2 tars; resume goes on from there.');
  change({ kind: 'resumed', amendment: {} });
  change({ kind: 'started' });
  change({ kind: 'listed', tars: 2 });
  change({ kind: 'completed' });
  expect(run).toMatchObject({ state: 'completed', reason: 'All 2 tars are written.' });
});
