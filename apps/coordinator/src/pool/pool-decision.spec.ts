// Goal: which workers are lost, and what happens to their tasks, depends on nothing but the state and the time.
// Method: states written by hand, at several times.
import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { EncodeTask } from '#protocol/pool/task.js';
import { retryOrGiveUp, decide } from './pool-decision.js';
import { seeWorkers, type OutstandingTask, type PoolState, type SeenWorker, type TaskLocation } from './pool-state.js';

const limits = { leaseMs: 1000 };

function record(id: string, changes: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    id,
    protocol: 1,
    code: 'c',
    host: 'h',
    pid: 1,
    device: 'cpu',
    threads: 1,
    task: null,
    trouble: null,
    tasksDone: 0,
    memoryBytes: null,
    arithmetic: 'a',
    startedAt: 't',
    beat: 1,
    ...changes,
  };
}
function task(shard: number, changes: Partial<OutstandingTask> = {}): OutstandingTask {
  return {
    id: `r.0.encode.${shard}`,
    task: { kind: 'encode', shard } as EncodeTask,
    job: `r.0.encode.${shard}.1`,
    to: { kind: 'any' },
    attempt: 1,
    attempts: 3,
    ...changes,
  };
}
function state(
  workers: readonly SeenWorker[],
  tasks: readonly OutstandingTask[],
  locations: readonly TaskLocation[] = [],
): PoolState {
  return {
    workers: new Map(workers.map((worker) => [worker.record.id, worker])),
    outstanding: tasks,
    locations: new Map(locations.map((at, index) => [tasks[index]!.job, at])),
    missingBefore: new Set(),
  };
}
const heldBy = (worker: string): TaskLocation => ({ kind: 'held', worker });

describe('decide', () => {
  it('does nothing while every worker is heard of within its lease', () => {
    expect(
      decide(1499, state([{ record: record('a'), lastSeenMs: 500, lastSeenAt: 0 }], [task(0)], [heldBy('a')]), limits),
    ).toEqual([]);
  });

  it('forgets a silent worker and sends its task to others, with how long it was silent', () => {
    const silent = { record: record('a'), lastSeenMs: 0, lastSeenAt: 0 };
    const alive = { record: record('b'), lastSeenMs: 900, lastSeenAt: 0 };
    const actions = decide(1000, state([silent, alive], [task(0), task(1)], [heldBy('a'), heldBy('b')]), limits);
    expect(actions.map(({ kind }) => kind)).toEqual(['forget', 'resend']);
    expect(actions[0]!.reason).toBe('worker a was silent for 1000 ms, its lease is 1000 ms');
    expect(actions[1]).toMatchObject({
      task: { id: 'r.0.encode.0' },
      reason: 'r.0.encode.0 was with worker a, which is lost; attempt 2 of 3',
    });
  });

  it('sends a task that was addressed to a worker that left to any worker', () => {
    const actions = decide(0, state([], [task(0, { to: { kind: 'worker', id: 'gone' } })]), limits);
    expect(actions.map(({ kind }) => kind)).toEqual(['resend']);
  });

  it('leaves a task alone that no worker has taken yet', () => {
    expect(decide(10_000, state([], [task(0)], [{ kind: 'waiting' }]), limits)).toEqual([]);
  });

  it('sends a task again that was missing twice in a row, but not one that was missing once', () => {
    const once = state([], [task(0)], [{ kind: 'missing' }]);
    expect(decide(0, once, limits)).toEqual([]);
    const twice = { ...once, missingBefore: new Set(once.outstanding) };
    expect(decide(0, twice, limits)).toMatchObject([
      { kind: 'resend', reason: 'r.0.encode.0 was lost on its way; attempt 2 of 3' },
    ]);
  });

  it('L1: gives up a task after its last attempt, with the numbers', () => {
    expect(retryOrGiveUp(task(0, { attempt: 3 }), 'lost')).toMatchObject({
      kind: 'giveUp',
      reason: 'lost; that was attempt 3 of 3',
    });
  });
});

describe('seeWorkers', () => {
  it("a worker was last seen when its heartbeat count changed, by the coordinator's clock", () => {
    const first = seeWorkers(new Map(), [record('a', { beat: 7 })], 100);
    expect(seeWorkers(first, [record('a', { beat: 7 })], 900).get('a')!.lastSeenMs).toBe(100);
    expect(seeWorkers(first, [record('a', { beat: 8 })], 900).get('a')!.lastSeenMs).toBe(900);
    expect(seeWorkers(first, [record('a', { beat: 7, startedAt: 'later' })], 900).get('a')!.lastSeenMs).toBe(900);
  });

  it('a worker whose record is gone is not listed any more', () => {
    expect(seeWorkers(seeWorkers(new Map(), [record('a')], 0), [], 1).size).toBe(0);
  });
});
