// Goal: what the page computes without a browser is right: addresses, curves, and where the problems of a document are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { taskId } from '#protocol/pool/task.js';
import { parseRunConfig, runConfigSchema } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { TandemError } from '#protocol/tandem-error.js';
import { aligned, curveOf, smoothed, stacked } from '../../apps/dashboard/src/charts/chart-data.js';
import { keyInAddress, parseRoute, runAddress } from '../../apps/dashboard/src/route.js';
import { readTaskName } from '../../apps/dashboard/src/runs/task-name.js';
import { placeProblems, readDocument, valueIn, withValue } from '../../apps/dashboard/src/submit/document-text.js';
import { defaultsOf, isRequired, schemaAt, type JsonSchema } from '../../apps/dashboard/src/submit/schema.js';
import { root } from '../support/source-files.js';

describe('addresses', () => {
  it('lead to what they were made for', () => {
    expect(parseRoute(runAddress('tiny-1', 'events', ['a', 'b']))).toEqual({
      page: 'run',
      id: 'tiny-1',
      section: 'events',
      overlaid: ['a', 'b'],
    });
    expect(parseRoute('#/submit?from=tiny-1')).toEqual({ page: 'submit', from: 'tiny-1' });
  });

  it.each(['', '#', '#/', '#/elsewhere', '#/run/', '#/run'])('%j is that of the runs', (hash) => {
    expect(parseRoute(hash)).toEqual({ page: 'runs' });
  });

  it('that are damaged are read as far as they go', () => {
    expect(parseRoute('#/run/%E0%A4%A/nonsense?with=,a,%E0%A4%A/nonsense,a')).toMatchObject({ section: 'charts' });
    expect(keyInAddress('#/login/tandem_abc-DEF_1')).toBe('tandem_abc-DEF_1');
    expect(keyInAddress('#/login/<img>')).toBeUndefined();
  });
});

describe('curves', () => {
  const steps = [1, 2, 3].map((step) => ({ step, loss: [2, 0, 4][step - 1]! }) as StepMetrics);

  it('leave out what a logarithmic axis cannot show', () => {
    expect(curveOf(steps, ({ loss }) => loss, true)).toEqual({ steps: [1, 2, 3], values: [2, null, 4] });
  });

  it('are smoothed without a start at zero: m ← w·m + (1 − w)·y over the sum of the weights', () => {
    const { values } = smoothed({ steps: [1, 2, 3], values: [2, null, 4] }, 0.5);
    expect(values[0]).toBeCloseTo(2, 12);
    expect(values[1]).toBeNull();
    expect(values[2]).toBeCloseTo((0.25 * 2 + 0.5 * 4) / 0.75, 12);
  });

  it('stand on one another in a stack, and beside one another over the steps of all', () => {
    const [low, high] = stacked([
      { steps: [1, 2], values: [1, 2] },
      { steps: [1, 2], values: [10, null] },
    ]);
    expect([low!.values, high!.values]).toEqual([
      [1, 2],
      [11, 2],
    ]);
    expect(
      aligned([
        { steps: [1, 3], values: [1, 3] },
        { steps: [2, 3], values: [20, 30] },
      ]),
    ).toEqual([
      [1, 2, 3],
      [1, undefined, 3],
      [undefined, 20, 30],
    ]);
  });
});

describe('the text of a run document', () => {
  const text = readFileSync(join(root, 'recipes/small.yaml'), 'utf8');
  const lineOf = (part: string, of: string): number => of.slice(0, of.indexOf(part)).split('\n').length;
  const problemsOf = (of: string): { readonly path: string; readonly line: number }[] => {
    const read = readDocument(of);
    if (!read.ok) throw new Error('expected YAML');
    try {
      parseRunConfig(read.document);
    } catch (error) {
      return placeProblems(of, (error as TandemError).problems).map(({ path, line }) => ({ path, line }));
    }
    return [];
  };

  it('shows each problem at its line: of a value, of an unknown key, and of one that is missing', () => {
    const wrong = text
      .replace(/^batch: .*$/m, 'batch: none')
      .replace(/^steps: .*$/m, 'stepz: 10')
      .replace(/layers: 4/, 'layers: -4');
    expect(problemsOf(wrong)).toEqual(
      expect.arrayContaining([
        { path: 'batch', line: lineOf('batch: none', wrong) },
        { path: 'model.vision_cfg.layers', line: lineOf('layers: -4', wrong) },
        { path: '', line: lineOf('stepz', wrong) },
        { path: 'steps', line: 1 },
      ]),
    );
    expect(problemsOf(text)).toEqual([]);
  });

  it('that is no YAML has a problem with a line', () => {
    const read = readDocument('name: a\nbatch: [1, 2\nsteps: 3\n');
    expect(read).toMatchObject({ ok: false });
    expect(read.ok ? [] : read.problems.map(({ line }) => line)).toEqual(expect.arrayContaining([expect.any(Number)]));
  });

  it('keeps its comments when a field of the form changes it', () => {
    const changed = withValue(withValue(text, ['optimizer', 'learningRate'], 0.25), ['schedule'], undefined);
    expect(valueIn(changed, ['optimizer', 'learningRate'])).toBe(0.25);
    expect(valueIn(changed, ['schedule'])).toBeUndefined();
    expect({ ...(parse(changed) as object), optimizer: 0, schedule: 0 }).toEqual({
      ...(parse(text) as object),
      optimizer: 0,
      schedule: 0,
    });
    for (const comment of text.match(/^# .*$/gm)!) expect(changed).toContain(comment);
  });
});

it('the name of a task says what a worker does', () => {
  const task = { run: 'a.b-20260131-1', epoch: 3, step: 41, kind: 'backprop', shard: 4, shards: 4 } as const;
  expect(readTaskName(taskId(task))).toEqual({ run: 'a.b-20260131-1', step: 42, kind: 'backprop', shards: '4-7' });
  const features = { ...task, kind: 'features', shards: 1, dataHash: 'ab12'.repeat(16) } as const;
  expect(readTaskName(taskId(features))).toEqual({ run: 'a.b-20260131-1', step: 41, kind: 'features', shards: '4' });
  expect(readTaskName('something else')).toBeUndefined();
});

it('the form knows defaults, and which keys must be given, from the schema of run documents', () => {
  const schema = z.toJSONSchema(runConfigSchema, { io: 'input' }) as JsonSchema;
  expect(schemaAt(schema, ['optimizer', 'learningRate'])).toMatchObject({ default: 5e-4, type: 'number' });
  expect([isRequired(schema, ['batch']), isRequired(schema, ['data', 'train']), isRequired(schema, ['seed'])]).toEqual([
    true,
    true,
    false,
  ]);
  expect(defaultsOf(schema)).toMatchObject({ seed: 0, optimizer: { weightDecay: 0.2 }, checkpoint: { keep: 3 } });
});
