// Goal: a worker does no task that leads it to a blob of another run, or anywhere else.
import { expect, it } from 'vitest';
import { taskSchema, type BackpropTask, type EncodeTask } from '#protocol/pool/task.js';
import { checkOwnBlobs } from './own-blobs.js';

const hash = 'a'.repeat(64);
const base = {
  ...{ protocol: 1 as const, code: 'c', run: 'mine-1', epoch: 1, step: 0, shard: 0, shards: 1, store: 'file:/store' },
  ...{ configHash: hash, parametersKey: 'runs/mine-1/steps/0/parameters', parametersHash: hash },
};
const encode: EncodeTask = { kind: 'encode', ...base };
const blob = (key: string): BackpropTask['gradients'] => ({ shard: 0, shards: 1, key, hash });
const backprop: BackpropTask = {
  kind: 'backprop',
  ...base,
  gradients: blob('runs/mine-1/g'),
  embeddings: [blob('runs/mine-1/e'), blob('runs/mine-1/f')],
};

const elsewhere = [
  'runs/other/steps/0/parameters',
  'runs/mine-10/parameters',
  'runs/mine-1',
  'runs/mine-1/../other/parameters',
  'runs/mine-1/../../../../etc/passwd',
  'runs/mine-1//etc/passwd',
  'runs/mine-1/./x',
  '/etc/passwd',
  '../runs/mine-1/x',
  'keys/first.json',
  '',
];

it('tasks of its run pass', () => {
  for (const task of [encode, backprop]) expect(() => checkOwnBlobs(taskSchema.parse(task))).not.toThrow();
});

it.each(elsewhere)('a blob at %j is refused, whoever names it', (key) => {
  const refused = { code: 'UNAUTHORISED', message: expect.stringContaining('its run mine-1') };
  for (const task of [
    { ...encode, parametersKey: key },
    { ...backprop, parametersKey: key },
    { ...backprop, gradients: blob(key) },
    { ...backprop, embeddings: [blob('runs/mine-1/e'), blob(key)] },
  ])
    expect(() => checkOwnBlobs(task)).toThrow(expect.objectContaining(refused));
});

it.each(['../other', 'a/b', '..', '.', '', 'a b', 'a\\b', 'x'.repeat(300), '%2e%2e'])(
  '%j is not the id of a run',
  (run) => {
    expect(taskSchema.safeParse({ ...encode, run }).success).toBe(false);
  },
);
