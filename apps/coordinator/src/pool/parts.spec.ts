// Goal: a task of several shards is shared by others when its worker is lost, late or cannot do it, and what answers it
// first counts. Method: the real pool on a transport in memory.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { Answer } from '#protocol/pool/task.js';
import {
  answerTo,
  encodeTask as task,
  failed,
  openPlayed,
  recordOf,
  sumTask,
  terms,
} from '../../../../test/support/played-pool.js';
import type { OutstandingTask } from './pool-state.js';

describe('a task of several shards', () => {
  const record = (id: string, beat: number): WorkerRecord => recordOf(id, { beat });
  const sumAnswer = (id: string, worker: string, shard: number, shards: number): Answer => {
    const { kind: _, pairs: _pairs, skipped: _skipped, ...base } = answerTo(shard, { worker, taskId: id });
    return { ...base, computeMs: 100 * shards, kind: 'backprop', shards, recomputed: false };
  };
  const begin = async () => {
    const all = openPlayed();
    all.played.records = ['w', 'x', 'y'].map((id) => record(id, 1));
    await all.tick();
    const seen: string[] = [];
    const done = all.pool.run([{ task: sumTask(4), to: { kind: 'worker', id: 'w' } }], {
      ...terms,
      onAnswer: ({ taskId: id }) => Promise.resolve(void seen.push(id)),
    });
    await nextTurn();
    return { ...all, seen, done };
  };
  const ids = (sent: readonly OutstandingTask[]): string[] => sent.map(({ id }) => id);

  it('is split when its worker is lost: several workers share the shards; the late sum changes nothing', async () => {
    const { sent, played, tick, answer, seen, done, pool } = await begin();
    expect(ids(sent)).toEqual(['r.1.4.backprop.4-7']);
    played.records = [record('w', 1), record('x', 2), record('y', 2)];
    for (const nowMs of [500, 1000, 1500]) {
      played.nowMs = nowMs;
      played.records = [record('w', 1), record('x', nowMs), record('y', nowMs)];
      await tick();
    }
    const parts = ['r.1.4.backprop.4', 'r.1.4.backprop.5', 'r.1.4.backprop.6', 'r.1.4.backprop.7'];
    expect(ids(sent).slice(1).toSorted()).toEqual(parts);
    expect(new Set(sent.slice(1).map(({ to }) => to.kind === 'worker' && to.id))).toEqual(new Set(['x', 'y']));
    expect(new Set(sent.slice(1).map(({ attempt }) => attempt))).toEqual(new Set([2]));
    expect(pool.outstandingTasks()).toBe(4);
    answer(sumAnswer('r.1.4.backprop.4-7', 'w', 4, 4));
    for (const { id, to, task: part } of sent.slice(1))
      answer(sumAnswer(id, to.kind === 'worker' ? to.id : '', part.shard, 1));
    await done;
    expect(seen.toSorted()).toEqual(parts);
  });

  it('is split when its worker cannot do it and others can', async () => {
    const { sent, answer } = await begin();
    answer({ ...failed(4, true), taskId: 'r.1.4.backprop.4-7' });
    await nextTurn();
    expect(ids(sent).slice(1)).toHaveLength(4);
  });

  it.each([
    ['the sum', 'r.1.4.backprop.4-7', ['r.1.4.backprop.4-7']],
    ['a shard', 'r.1.4.backprop.6', ['r.1.4.backprop.6', 'r.1.4.backprop.4', 'r.1.4.backprop.5', 'r.1.4.backprop.7']],
  ])('is also split when its worker is late: the first answer, here to %s, decides', async (_, first, expected) => {
    const { sent, played, tick, answer, seen, done, pool, changes } = await begin();
    answer(sumAnswer('r.1.3.backprop.0', 'x', 0, 1)); // An earlier step: 100 ms for a shard.
    for (const nowMs of [250, 500, 750, 1000]) {
      played.nowMs = nowMs;
      played.records = ['w', 'x', 'y'].map((id) => record(id, nowMs));
      await tick();
    }
    expect(changes.filter((line) => line.includes('is late'))).toEqual([
      'r.1.4.backprop.4-7 is late on worker w; its shards are also given to others',
    ]);
    const isTaken = new Set<string>();
    const send = (id: string): void => {
      const job = sent.find((one) => one.id === id)!;
      isTaken.add(id);
      answer(sumAnswer(id, job.to.kind === 'worker' ? job.to.id : '', job.task.shard, id.includes('-') ? 4 : 1));
    };
    send(first);
    for (let left = true; left;) {
      await nextTurn();
      const next = sent.find(({ id }) => !isTaken.has(id));
      left = next !== undefined;
      if (next) send(next.id);
    }
    await done;
    expect(seen).toHaveLength(expected.length);
    expect(new Set(seen)).toEqual(new Set(expected));
    expect(pool.outstandingTasks()).toBe(0);
  });

  it('of the forward pass is shared in the same way, and by whoever has nothing to do', async () => {
    const { pool, sent, played, tick, answer, changes } = openPlayed();
    played.records = ['w', 'x', 'y'].map((id) => record(id, 1));
    await tick();
    const seen: string[] = [];
    const done = pool.run([{ task: task(0, 3), to: { kind: 'any' }, preferred: 'x' }], {
      ...terms,
      onAnswer: ({ taskId: id }) => Promise.resolve(void seen.push(id)),
    });
    expect(sent.map(({ id, to }) => [id, to])).toEqual([['r.1.4.encode.0-2', { kind: 'worker', id: 'x' }]]);
    answer(answerTo(5, { taskId: 'r.1.3.encode.5', worker: 'y', computeMs: 100 })); // An earlier step.
    for (const nowMs of [250, 500, 750]) {
      played.nowMs = nowMs;
      played.records = ['w', 'x', 'y'].map((id) => record(id, nowMs));
      await tick();
    }
    expect(changes.at(-1)).toBe('r.1.4.encode.0-2 is late on worker x; its shards are also given to others');
    for (let next = 1; next < sent.length; next++) {
      const { id, to, task: part } = sent[next]!;
      answer(answerTo(part.shard, { taskId: id, worker: to.kind === 'worker' ? to.id : '' }));
      await nextTurn();
    }
    await done;
    expect(seen.toSorted()).toEqual(['r.1.4.encode.0', 'r.1.4.encode.1', 'r.1.4.encode.2']);
  });

  it('is not answered by a result for other shards, which is refused and reported', async () => {
    const { answer, changes, seen, done } = await begin();
    answer(sumAnswer('r.1.4.backprop.4-7', 'w', 4, 3));
    answer({ ...answerTo(4, { taskId: 'r.1.4.backprop.4-7' }), shards: 4 });
    expect(seen).toEqual([]);
    answer(sumAnswer('r.1.4.backprop.4-7', 'w', 4, 4));
    await done;
    const refused = 'refused an answer to r.1.4.backprop.4-7 that is one to another task, from worker w';
    expect(changes.slice(-2)).toEqual([refused, refused]);
  });

  it('stays whole when it is lost on its way: its worker still holds what it needs', async () => {
    const { sent, played, tick } = await begin();
    for (const nowMs of [500, 1000, 1500, 2000, 2500, 3000]) {
      played.nowMs = nowMs;
      played.records = ['w', 'x', 'y'].map((id) => record(id, nowMs));
      played.at = new Map(sent.slice(0, 1).map(({ job }) => [job, { kind: 'missing' }]));
      await tick();
    }
    expect(ids(sent)).toEqual(['r.1.4.backprop.4-7', 'r.1.4.backprop.4-7']);
    expect(sent[1]!.to).toEqual({ kind: 'worker', id: 'w' });
  });
});
