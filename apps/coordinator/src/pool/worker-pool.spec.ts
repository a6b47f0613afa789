// Goal: whatever the transport does to tasks and answers, each task counts as answered once, or the phase ends with an
// error. Method: the real pool on a transport in memory, which the test lets answer late, twice, wrongly or not at all.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import {
  answerTo,
  encodeTask as task,
  failed,
  limits,
  openPlayed,
  recordOf,
  sentTo,
  terms,
} from '../../../../test/support/played-pool.js';
import type { PhaseTerms } from './phase.js';
import type { WorkerPool } from './worker-pool.js';

function start(pool: WorkerPool, shards: number, more: Partial<PhaseTerms> = {}) {
  const seen: number[] = [];
  const tasks = Array.from({ length: shards }, (_, shard) => ({ task: task(shard), to: { kind: 'any' } as const }));
  let retries = 0;
  const all: PhaseTerms = {
    ...terms,
    onAnswer: ({ shard }) => Promise.resolve(void seen.push(shard)),
    onRetry: () => void (retries += 1),
    ...more,
  };
  return { seen, retries: () => retries, done: pool.run(tasks, all) };
}

describe('a phase', () => {
  it('W2: ends when every task is answered; a second answer to a task changes nothing', async () => {
    const { pool, answer } = openPlayed();
    const { seen, done } = start(pool, 2);
    for (const shard of [1, 1, 1, 0]) answer(answerTo(shard));
    await done;
    expect(seen).toEqual([1, 0]);
    expect(pool.outstandingTasks()).toBe(0);
  });

  it('W1: an answer for other parameters is refused and reported', async () => {
    const { pool, answer, changes } = openPlayed();
    const { seen, done } = start(pool, 1);
    answer(answerTo(0, { parametersHash: 'b'.repeat(64) }));
    expect(seen).toEqual([]);
    answer(answerTo(0));
    await done;
    expect(changes).toEqual(['refused an answer to r.1.4.encode.0 for other parameters, from worker w']);
  });

  it('an answer to an earlier step, or between phases, changes nothing', async () => {
    const { pool, answer } = openPlayed();
    answer(answerTo(0));
    const { seen, done } = start(pool, 1);
    answer(answerTo(0, { taskId: 'r.1.3.encode.0' }));
    answer(answerTo(0));
    await done;
    expect(seen).toEqual([0]);
  });

  it('a task that failed with an error worth a retry is sent again, to any worker', async () => {
    const { pool, answer, sent } = openPlayed();
    const { done, retries } = start(pool, 1);
    answer(failed(0, true));
    expect(sent.map(({ attempt }) => attempt)).toEqual([1, 2]);
    answer(answerTo(0));
    await done;
    expect(retries()).toBe(1);
  });

  it('an error not worth a retry ends the phase with that error, and the other tasks are withdrawn', async () => {
    const { pool, answer, withdrawn } = openPlayed();
    const { done } = start(pool, 2);
    answer(failed(0, false)); // It may be this worker's own trouble; but no other worker is there to try.
    answer(failed(0, false));
    await expect(done).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: 'On worker w: unreadable',
      context: { workers: 'w' },
    });
    expect(withdrawn.toSorted()).toEqual(['r.1.4.encode.0', 'r.1.4.encode.1']);
  });

  it('L1: a task that fails its last attempt ends the phase with an error that names run, step and shard', async () => {
    const { pool, answer } = openPlayed();
    const { done } = start(pool, 1);
    answer(failed(0, true));
    answer(failed(0, true));
    await expect(done).rejects.toMatchObject({
      code: 'SHARD_FAILED',
      context: { run: 'r', step: 4, shard: 0, phase: 'encode' },
    });
  });

  it('is cancelled by its signal', async () => {
    const { pool } = openPlayed();
    const controller = new AbortController();
    const { done } = start(pool, 1, { signal: controller.signal });
    controller.abort();
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('the pool, tick by tick', () => {
  const record = recordOf('w');

  it('a run that some workers have no memory for goes to the others only, and waits while there are none', async () => {
    const { pool, sent, played, tick, answer } = openPlayed();
    played.records = [{ ...record, id: 'small', memoryBytes: 2 ** 30 }];
    const { done } = start(pool, 2, { workerBytes: 2 ** 31 });
    await tick();
    await tick();
    expect(sent).toEqual([]); // Neither to it nor to the queue from which it would take them.
    played.records = [...played.records, { ...record, id: 'large', memoryBytes: 2 ** 32 }];
    await tick();
    expect(sent.map(({ to }) => to)).toEqual([0, 1].map(() => ({ kind: 'worker', id: 'large' })));
    for (const shard of [0, 1]) answer(answerTo(shard, { worker: 'large' }));
    await done;
  });

  it('reports once that a worker joined and once that it was lost, and sends its task to others', async () => {
    const { pool, played, tick, changes, sent, answer } = openPlayed();
    const { done } = start(pool, 1);
    played.records = [record];
    played.at.set('r.1.4.encode.0.1', { kind: 'held', worker: 'w' });
    await tick();
    for (played.nowMs = 250; played.nowMs < 1000; played.nowMs += 250) await tick();
    expect(changes).toEqual(['worker w joined']);
    await tick();
    expect(changes.slice(1)).toEqual([
      'worker w was silent for 1000 ms, its lease is 1000 ms',
      'r.1.4.encode.0 was with worker w, which is lost; attempt 2 of 2',
    ]);
    expect(sent).toHaveLength(2);
    answer(answerTo(0));
    await done;
  });

  it(
    'gives each present worker a task and one in reserve, another with each answer, and the last ones ' +
      'to a worker that joins',
    async () => {
      const { pool, played, tick, sent, answer } = openPlayed();
      played.records = [record, { ...record, id: 'v' }, { ...record, id: 'other', code: 'other' }];
      await tick();
      const { seen, done } = start(pool, 7);
      expect(sentTo(sent)).toEqual(['0→w', '1→v', '2→w', '3→v']);
      expect(pool.outstandingTasks()).toBe(7);
      answer(answerTo(2));
      expect(sentTo(sent).slice(4)).toEqual(['4→w']);
      played.records = [...played.records, { ...record, id: 'u' }];
      await tick();
      expect(sentTo(sent).slice(5)).toEqual(['5→u', '6→u']);
      for (const shard of [0, 1, 3, 4, 5, 6]) answer(answerTo(shard));
      await done;
      expect(seen).toHaveLength(7);
    },
  );

  it('sends a shard to the worker that has already loaded it', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    played.records = [record, { ...record, id: 'v' }];
    await tick();
    const tasks = [0, 1].map((shard) => ({
      task: task(shard),
      to: { kind: 'any' } as const,
      preferred: shard === 0 ? 'v' : 'w',
    }));
    const done = pool.run(tasks, terms);
    expect(sent.map(({ to }) => to)).toEqual([
      { kind: 'worker', id: 'w' },
      { kind: 'worker', id: 'v' },
    ]);
    expect(sent.map(({ task: { shard } }) => shard)).toEqual([1, 0]);
    for (const shard of [0, 1]) answer(answerTo(shard));
    await done;
  });

  it('sends a task again that the transport has lost', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    const { done } = start(pool, 1);
    played.at.set('r.1.4.encode.0.1', { kind: 'missing' });
    await tick();
    for (played.nowMs = 250; played.nowMs <= 750; played.nowMs += 250) await tick();
    expect(sent).toHaveLength(1);
    await tick();
    expect(sent).toHaveLength(2);
    answer(answerTo(0));
    await done;
  });

  it('a tick that began before a phase judges its tasks by the limits of the phase', async () => {
    const { pool, answer, sent, played, tick } = openPlayed();
    let locate = (): void => undefined;
    played.located = new Promise((resolve) => (locate = resolve));
    const ticking = tick();
    await nextTurn();
    const done = pool.run([{ task: task(0), to: { kind: 'worker', id: 'gone' } }], terms);
    locate();
    await ticking;
    expect(sent.map(({ attempt }) => attempt)).toEqual([1, 2]);
    answer(answerTo(0));
    await done;
  });

  it('time in which the coordinator itself stood still is no silence of its workers', async () => {
    const { pool, played, tick, changes, answer } = openPlayed();
    const { done } = start(pool, 1);
    played.records = [record];
    await tick();
    played.nowMs = 60_000;
    await tick();
    expect(pool.workers()).toMatchObject([{ state: 'idle' }]);
    expect(changes).toEqual(['worker w joined']);
    answer(answerTo(0));
    await done;
  });

  it('what one worker cannot do, another does; the first is set aside with the reason, and comes back', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    played.records = [record, { ...record, id: 'v' }];
    await tick();
    const { done } = start(pool, 1);
    expect(sent.map(({ to }) => to)).toEqual([{ kind: 'worker', id: 'w' }]);
    answer(failed(0, false));
    await expect.poll(() => sent.at(-1)!.to).toEqual({ kind: 'worker', id: 'v' });
    expect(pool.workers()).toMatchObject([
      { id: 'w', state: 'setAside', reason: 'gets no tasks for 1 s more: unreadable' },
      { id: 'v', state: 'idle' },
    ]);
    answer(answerTo(0, { worker: 'v' }));
    await done;
    played.nowMs = 1000;
    expect(pool.workers()).toMatchObject([{ id: 'w', state: 'idle' }, {}]);
  });

  it('a store that fails several workers sets none of them aside: all are there when it is back', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    played.records = ['w', 'v', 'u'].map((id) => ({ ...record, id }));
    await tick();
    const { done } = start(pool, 3, { limits: { ...limits, attempts: 4 } });
    const error = { code: ErrorCode.StoreFailed, message: 'no space', help: '', retryable: true, context: {} };
    const end = expect(done).rejects.toThrow('On worker w and v: no space');
    for (let next = 0; next < sent.length; next++) {
      const { id, to } = sent[next]!;
      answer({ kind: 'failed', worker: to.kind === 'worker' ? to.id : 'none', taskId: id, error });
      await nextTurn();
    }
    await end;
    expect(pool.workers().map(({ state }) => state)).toEqual(['idle', 'idle', 'idle']);
  });

  it('a result that cannot be used is computed again, by another worker if there is one', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    played.records = [record, { ...record, id: 'v' }];
    await tick();
    const read: string[] = [];
    const { done } = start(pool, 1, {
      onAnswer({ worker }) {
        read.push(worker);
        if (worker === 'w') throw new TandemError({ code: ErrorCode.NotFound, message: 'There is no such blob.' });
        return Promise.resolve();
      },
    });
    answer(answerTo(0));
    await expect.poll(() => sent.at(-1)!.to).toEqual({ kind: 'worker', id: 'v' });
    answer(answerTo(0, { worker: 'v' }));
    await done;
    expect(read).toEqual(['w', 'v']);
  });

  it('tasks that Redis refuses are sent at the next tick, and use up no attempts', async () => {
    const { pool, played, tick, sent, answer, changes } = openPlayed();
    played.refuses = 'READONLY';
    const { done } = start(pool, 1);
    await expect.poll(() => changes).toEqual(['tasks cannot be sent: READONLY']);
    for (let at = 1; at <= 5; at++) await tick();
    expect(sent).toEqual([]);
    played.refuses = undefined;
    await tick();
    expect(sent).toMatchObject([{ attempt: 1 }]);
    answer(answerTo(0));
    await done;
  });

  it('L1: a Redis that takes no tasks for long ends the phase with an error that is worth a retry', async () => {
    const { pool, played, tick } = openPlayed();
    played.refuses = 'OOM';
    const { done } = start(pool, 1);
    const ended = expect(done).rejects.toMatchObject({ code: 'TRANSPORT_FAILED', retryable: true });
    await tick();
    played.nowMs = 10_000;
    await tick();
    await ended;
  });

  it('gives no task to a worker that cannot use the store, and says why', async () => {
    const { pool, played, tick, sent } = openPlayed();
    played.records = [{ ...record, trouble: 'There is no pool/proof.' }];
    await tick();
    const ending = new AbortController();
    const { done } = start(pool, 1, { signal: ending.signal });
    await tick();
    expect(sent).toEqual([]);
    expect(pool.workers()).toMatchObject([{ id: 'w', state: 'setAside', reason: 'There is no pool/proof.' }]);
    ending.abort();
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('shows a worker of another version as refused, and says what differs', async () => {
    const { pool, played, tick } = openPlayed();
    played.records = [{ ...record, code: 'other' }];
    await tick();
    expect(pool.workers()).toMatchObject([{ id: 'w', state: 'refused', reason: 'code version other, expected c' }]);
  });

  describe('a straggler', () => {
    /** Two workers; v does its task in 100 ms, w is at shard 0 for ever. */
    async function startSlowly() {
      const parts = openPlayed();
      const { pool, played, tick, answer, sent } = parts;
      played.records = [
        { ...record, task: 'r.1.4.encode.0' },
        { ...record, id: 'v' },
      ];
      await tick();
      const phase = start(pool, 2);
      expect(sent.map(({ task: { shard }, to }) => [shard, to.kind === 'worker' && to.id])).toEqual([
        [0, 'w'],
        [1, 'v'],
      ]);
      answer(answerTo(1, { worker: 'v', computeMs: 100 }));
      const tickAt = async (nowMs: number): Promise<void> => {
        played.nowMs = nowMs;
        played.records = played.records.map((one) => ({ ...one, beat: one.beat + 1 }));
        await tick();
      };
      return { ...parts, ...phase, tickAt };
    }

    it('is also given to an idle worker; the first answer counts, the other changes nothing', async () => {
      const { tickAt, sent, answer, done, seen, changes, withdrawn, retries } = await startSlowly();
      await tickAt(250);
      expect(sent).toHaveLength(2);
      await tickAt(500);
      expect(sent.at(-1)).toMatchObject({ to: { kind: 'worker', id: 'v' }, attempt: 1, job: 'r.1.4.encode.0.2' });
      await tickAt(750);
      expect(sent).toHaveLength(3);
      answer(answerTo(0, { worker: 'v' }));
      await done;
      answer(answerTo(0));
      expect(seen).toEqual([1, 0]);
      expect(withdrawn).toEqual(['r.1.4.encode.0']);
      expect(retries()).toBe(0);
      expect(changes.at(-1)).toBe('r.1.4.encode.0 is late on worker w; it is also given to another');
    });

    it('gets no copy while answers come in: its own may be among those that wait to be read', async () => {
      const { pool, played, tick, answer, sent } = openPlayed();
      played.records = ['w', 'v', 'u'].map((id) => ({ ...record, id }));
      await tick();
      const { done } = start(pool, 3);
      answer(answerTo(1, { worker: 'v', computeMs: 100 }));
      played.nowMs = 400;
      answer(answerTo(2, { worker: 'u', computeMs: 100 }));
      played.nowMs = 600;
      await tick();
      expect(sent).toHaveLength(3);
      played.nowMs = 650;
      await tick();
      expect(sent.at(-1)).toMatchObject({ job: 'r.1.4.encode.0.2' });
      answer(answerTo(0));
      await done;
    });

    it('a copy that fails is no failure of the task, which is still out', async () => {
      const { tickAt, sent, answer, done, retries } = await startSlowly();
      await tickAt(500);
      answer({ ...failed(0, true), worker: 'v' });
      await tickAt(520);
      expect(retries()).toBe(0);
      expect(sent).toHaveLength(3);
      answer(answerTo(0));
      await done;
    });

    it('a slow worker gets no task that the others do faster', async () => {
      const { pool, tickAt, sent, answer, done } = await startSlowly();
      await tickAt(500);
      answer(answerTo(0, { worker: 'v' }));
      await done;
      const next = pool.run([{ task: { ...task(0), step: 5 }, to: { kind: 'any' } }], terms);
      expect(sent.at(-1)).toMatchObject({ task: { step: 5 }, to: { id: 'v' } });
      answer(answerTo(0, { worker: 'v', taskId: 'r.1.5.encode.0' }));
      await next;
    });
  });

  it('two runs at once: each gets a worker, and the answers of one do not end the other', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    played.records = [record, { ...record, id: 'v' }];
    await tick();
    const { done } = start(pool, 2);
    const other = pool.run(
      [0, 1].map((shard) => ({ task: { ...task(shard), run: 'q' }, to: { kind: 'any' } as const })),
      { ...terms, run: 'q' },
    );
    expect(sent.map(({ id, to }) => [id, to.kind === 'worker' && to.id])).toEqual([
      ['r.1.4.encode.0', 'w'],
      ['r.1.4.encode.1', 'v'],
      ['q.1.4.encode.0', 'w'],
      ['q.1.4.encode.1', 'v'],
    ]);
    for (const shard of [0, 1]) answer(answerTo(shard));
    await done;
    expect(pool.outstandingTasks()).toBe(2);
    for (const shard of [0, 1]) answer(answerTo(shard, { taskId: `q.1.4.encode.${shard}` }));
    await other;
  });

  it('a run that gets a higher priority while others wait is given the next worker', async () => {
    const { pool, played, tick, sent, answer } = openPlayed();
    played.records = [record];
    await tick();
    const { done } = start(pool, 2);
    const priorities: Record<string, number> = { early: 1, late: 0 };
    const [early, late] = Object.keys(priorities).map((run) =>
      pool.run([{ task: { ...task(0), run }, to: { kind: 'any' } }], {
        ...terms,
        run,
        priority: () => priorities[run]!,
      }),
    );
    priorities['late'] = 2;
    for (const shard of [0, 1]) answer(answerTo(shard));
    await done;
    expect(sent.slice(2).map(({ task: { run } }) => run)).toEqual(['late', 'early']);
    for (const run of ['early', 'late']) answer(answerTo(0, { taskId: `${run}.1.4.encode.0` }));
    await Promise.all([early, late]);
  });
});
