// Goal: a worker that computes wrong numbers, and gives their right hash, changes no result and is found. Method: the
// real pool on a transport in memory, where the test answers for each worker.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { Answer, ShardAnswer } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import {
  answerTo,
  encodeTask,
  hash,
  limits,
  openPlayed,
  recordOf,
  sentTo,
  sumTask,
  terms,
} from '../../../../../test/support/played-pool.js';
import type { AddressedTask, PhaseTerms } from '../phase.js';
import type { OutstandingTask } from '../pool-state.js';
import type { Finding } from './finding.js';

const [right, wrong] = [hash, 'b'.repeat(64)];
const verifying = { ...limits, attempts: 4, verifyShare: 1 };

/** A pool of these workers, and a phase of some encode tasks, all of which are verified. */
async function begin(
  workers: readonly (string | Pick<WorkerRecord, 'id' | 'arithmetic'>)[],
  tasks: number | readonly AddressedTask[] = 1,
) {
  const all = openPlayed();
  all.played.records = workers.map((one) => (typeof one === 'string' ? recordOf(one) : recordOf(one.id, one)));
  await all.tick();
  const used: ShardAnswer[] = [];
  const findings: Finding[] = [];
  const run = (given: readonly AddressedTask[], more: Partial<PhaseTerms> = {}): Promise<void> =>
    all.pool.run(given, {
      ...{ ...terms, limits: verifying },
      onAnswer: (answer) => Promise.resolve(void used.push(answer)),
      onFinding: (finding) => void findings.push(finding),
      ...more,
    });
  const given =
    typeof tasks === 'number'
      ? Array.from({ length: tasks }, (_, shard) => ({ task: encodeTask(shard), to: { kind: 'any' } as const }))
      : tasks;
  const done = run(given);
  done.catch(() => undefined);
  const say = async (worker: string, resultHash: string, shard = 0): Promise<void> => {
    all.answer(answerTo(shard, { worker, resultHash, resultKey: `of ${worker}` }));
    await nextTurn();
  };
  const tickAt = async (nowMs: number): Promise<void> => {
    all.played.nowMs = nowMs;
    all.played.records = all.played.records.map((one) => ({ ...one, beat: one.beat + 1 }));
    await all.tick();
    await nextTurn();
  };
  return { ...all, used, findings, run, done, say, tickAt };
}
/** The same with three workers and one task, which w has done wrongly. */
async function outvoted() {
  const all = await begin(['w', 'x', 'y']);
  await all.say('w', wrong);
  for (const worker of ['x', 'y']) await all.say(worker, right);
  await all.done;
  return all;
}
const states = ({ pool }: Awaited<ReturnType<typeof begin>>): Record<string, string> =>
  Object.fromEntries(pool.workers().map(({ id, state }) => [id, state]));

describe('verifyShare', () => {
  it('gives a task to two workers at once, and takes the first answer when the second has its bits', async () => {
    const all = await begin(['w', 'x', 'y']);
    expect(sentTo(all.sent)).toEqual(['0→w', '0→x']);
    await all.say('x', right);
    expect(all.used).toEqual([]);
    await all.say('w', right);
    await all.done;
    expect(all.used.map(({ worker }) => worker)).toEqual(['x']);
    expect(all.findings).toEqual([]);
  });

  it('W2: the same answer twice confirms nothing', async () => {
    const all = await begin(['w', 'x']);
    for (let again = 1; again <= 3; again++) await all.say('w', wrong);
    expect(all.used).toEqual([]);
    await all.say('x', wrong);
    await all.done;
    expect(all.used).toHaveLength(1);
  });

  it('a slow worker confirms what nobody else can: it is not left out', async () => {
    const all = await begin(['w', 'x']);
    all.answer(answerTo(0, { worker: 'x', computeMs: 100 }));
    all.answer(answerTo(0, { worker: 'w', computeMs: 1000 }));
    await all.done;
    const sentBefore = all.sent.length;
    const next = all.run([{ task: { ...encodeTask(1), step: 5 }, to: { kind: 'any' } }]);
    expect(sentTo(all.sent.slice(sentBefore)).toSorted()).toEqual(['1→w', '1→x']);
    for (const worker of ['w', 'x']) all.answer(answerTo(1, { worker, taskId: all.sent.at(-1)!.id }));
    await next;
  });

  it('tasks that nobody has begun go first', async () => {
    const all = await begin(['w', 'x'], 3);
    expect(sentTo(all.sent)).toEqual(['0→w', '1→x', '2→w', '0→x']);
    for (const [worker, shard] of [
      ['w', 0],
      ['x', 1],
      ['w', 2],
      ['x', 0],
    ] as const)
      await all.say(worker, right, shard);
    expect(sentTo(all.sent).slice(4).toSorted()).toEqual(['1→w', '2→x']);
    for (const [worker, shard] of [
      ['w', 1],
      ['x', 2],
    ] as const)
      await all.say(worker, right, shard);
    await all.done;
  });

  it('only a share of the tasks is done twice', async () => {
    const all = openPlayed();
    all.played.records = ['w', 'x'].map((id) => recordOf(id));
    await all.tick();
    const tasks = Array.from({ length: 40 }, (_, shard) => ({ task: encodeTask(shard), to: { kind: 'any' } as const }));
    const done = all.pool.run(tasks, { ...terms, limits: { ...limits, verifyShare: 0.25 } });
    for (let next = 0; next < all.sent.length; next++) {
      const { to, task } = all.sent[next]!;
      all.answer(answerTo(task.shard, { worker: to.kind === 'worker' ? to.id : '' }));
      await nextTurn();
    }
    await done;
    expect(all.sent.length).toBeGreaterThan(44);
    expect(all.sent.length).toBeLessThan(58);
  });
});

describe('two workers that differ', () => {
  it('a third decides: its result counts, and the odd one out is named and gets no more tasks', async () => {
    const all = await begin(['w', 'x', 'y'], 2);
    const [victim, other] = all.sent.map(({ to }) => (to.kind === 'worker' ? to.id : ''));
    expect([victim, other]).toEqual(['w', 'x']);
    await all.say('w', wrong);
    await all.say('y', right);
    expect(all.used).toEqual([]);
    await all.say('x', right);
    expect(all.used).toMatchObject([{ shard: 0, resultHash: right, resultKey: 'of y' }]);
    expect(all.findings).toMatchObject([
      {
        kind: 'miscomputed',
        worker: 'w',
        task: 'r.1.4.encode.0',
        reason: expect.stringMatching(/^Worker w computes wrongly: .* b{12}; two .*\(x64\) gave a{12}/) as string,
      },
    ]);
    expect(all.changes.join('\n')).toContain('Worker w computes wrongly: its result of r.1.4.encode.0');
    expect(states(all)).toEqual({ w: 'setAside', x: 'idle', y: 'idle' });
    // What it was given before that counts no more, and others do it.
    await all.say('w', right, 1);
    for (const worker of ['x', 'y']) await all.say(worker, right, 1);
    await all.done;
    expect(all.used.map(({ worker }) => worker)).not.toContain('w');
    await all.tickAt(3_600_000);
    const before = all.sent.length;
    const next = all.run([{ task: { ...encodeTask(0), step: 5 }, to: { kind: 'any' } }]);
    expect(sentTo(all.sent.slice(before))).toEqual(['0→x', '0→y']);
    for (const worker of ['x', 'y']) all.answer(answerTo(0, { worker, taskId: 'r.1.5.encode.0' }));
    await next;
  });

  it('the odd one gets tasks again when it is started again', async () => {
    const all = await outvoted();
    expect(all.pool.workers()[0]).toMatchObject({
      state: 'setAside',
      reason: expect.stringMatching(/^gets no tasks until it is started again\. Worker w computes/) as string,
    });
    all.played.records = all.played.records.map((one) => (one.id === 'w' ? { ...one, startedAt: 'later' } : one));
    await all.tickAt(250);
    expect(states(all)).toEqual({ w: 'idle', x: 'idle', y: 'idle' });
  });

  it('a step whose encode the odd one did has no task addressed to it', async () => {
    const all = await outvoted();
    const before = all.sent.length;
    const stop = new AbortController();
    const next = all.run([{ task: sumTask(4), to: { kind: 'worker', id: 'w' } }], { signal: stop.signal });
    expect(new Set(all.sent.slice(before).map(({ to }) => to.kind === 'worker' && to.id))).toEqual(new Set(['x', 'y']));
    stop.abort();
    await expect(next).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('where there are only two, both do it once more: one that was wrong once is found', async () => {
    const all = await begin(['w', 'x']);
    await all.say('w', right);
    await all.say('x', wrong);
    expect(sentTo(all.sent)).toEqual(['0→w', '0→x', '0→w']);
    await all.say('w', right);
    expect(sentTo(all.sent)).toEqual(['0→w', '0→x', '0→w', '0→x']);
    await all.say('x', right);
    await all.done;
    expect(all.used).toMatchObject([{ worker: 'w', resultHash: right }]);
    expect(all.findings).toMatchObject([{ kind: 'miscomputed', worker: 'x' }]);
  });

  it('where there are only two that stay at it, the run stops, uses neither result and names both', async () => {
    const all = await begin(['w', 'x']);
    for (const [worker, bits] of [
      ['w', right],
      ['x', wrong],
      ['w', right],
      ['x', wrong],
    ] as const)
      await all.say(worker, bits);
    await all.tickAt(4750); // A third may come.
    expect(all.pool.outstandingTasks()).toBe(1);
    await all.tickAt(5000);
    await expect(all.done).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      retryable: false,
      message: expect.stringMatching(/for r\.1\.4\.encode\.0, got a{12} from worker w, b{12} from worker x/) as string,
      context: { run: 'r', step: 4, shard: 0, phase: 'encode', workers: 'w and x' },
    });
    expect(all.used).toEqual([]);
    expect(states(all)).toEqual({ w: 'idle', x: 'idle' });
  });

  it('a third that joins within seconds decides', async () => {
    const all = await begin(['w', 'x']);
    for (const [worker, bits] of [
      ['w', wrong],
      ['x', right],
      ['w', wrong],
      ['x', right],
    ] as const)
      await all.say(worker, bits);
    all.played.records = [...all.played.records, recordOf('y')];
    await all.tickAt(4000);
    expect(sentTo(all.sent).at(-1)).toBe('0→y');
    await all.say('y', right);
    await all.done;
    expect(all.findings).toMatchObject([{ kind: 'miscomputed', worker: 'w' }]);
  });
});

it('a worker that answers before its record was read is compared all the same', async () => {
  const all = await begin([]);
  expect(sentTo(all.sent)).toEqual(['0→any']);
  await all.say('w', right);
  all.played.records = ['w', 'x'].map((id) => recordOf(id));
  await all.tickAt(250);
  expect(sentTo(all.sent).slice(1)).toEqual(['0→x']);
  await all.say('x', right);
  await all.done;
  expect(all.findings).toEqual([]);
});

describe('nobody to compare with', () => {
  it('a worker that is alone does every task once, and the run is told', async () => {
    const all = await begin(['w'], 2);
    await all.say('w', right, 0);
    for (let nowMs = 250; nowMs < 5000; nowMs += 250) await all.tickAt(nowMs);
    expect(all.used).toEqual([]); // Others may just be starting.
    await all.tickAt(5000);
    await all.say('w', right, 1);
    await all.done;
    expect(all.sent).toHaveLength(2);
    expect(all.findings).toMatchObject([{ kind: 'unverified' }, { kind: 'unverified' }]);
  });

  it('nor are workers compared that may round otherwise', async () => {
    const all = await begin(['w', { id: 'x', arithmetic: 'arm64' }]);
    await all.tickAt(5000);
    await all.say('w', right);
    await all.done;
    expect(all.sent).toHaveLength(1);
    expect(all.findings).toMatchObject([
      { kind: 'unverified', reason: expect.stringContaining('besides worker w there is none') as string },
    ]);
  });

  it('a second worker that is lost before it answers is not waited for long', async () => {
    const all = await begin(['w', 'x']);
    await all.say('w', right);
    all.played.records = [recordOf('w')];
    for (let nowMs = 250; nowMs < 5000; nowMs += 250) await all.tickAt(nowMs);
    expect(all.used).toEqual([]);
    await all.tickAt(5000);
    await all.done;
    expect(all.used).toMatchObject([{ worker: 'w' }]);
    expect(all.findings).toMatchObject([{ kind: 'unverified' }]);
  });

  it('one that cannot do the task ends nothing: somebody could', async () => {
    const all = await begin(['w', 'x', 'y']);
    await all.say('w', right);
    for (const worker of ['x', 'y']) {
      const error = { code: ErrorCode.DataInvalid, message: 'no', help: '', retryable: false, context: {} };
      all.answer({ kind: 'failed', worker, taskId: 'r.1.4.encode.0', error } satisfies Answer);
      await nextTurn();
    }
    for (let nowMs = 250; nowMs <= 5250; nowMs += 250) await all.tickAt(nowMs);
    await all.done;
    expect(all.used).toMatchObject([{ worker: 'w' }]);
  });
});

describe('beside other trouble', () => {
  it('a confirmed result that cannot be read is taken from others', async () => {
    const all = openPlayed();
    all.played.records = ['w', 'x', 'y'].map((id) => recordOf(id));
    await all.tick();
    const read: string[] = [];
    const done = all.pool.run([{ task: encodeTask(0), to: { kind: 'any' } }], {
      ...{ ...terms, limits: verifying },
      onAnswer({ worker }) {
        read.push(worker);
        if (worker === 'w') throw new TandemError({ code: ErrorCode.NotFound, message: 'There is no such blob.' });
        return Promise.resolve();
      },
    });
    for (const worker of ['w', 'x']) {
      all.answer(answerTo(0, { worker }));
      await nextTurn();
    }
    expect(sentTo(all.sent).at(-1)).toBe('0→y');
    all.answer(answerTo(0, { worker: 'y' }));
    await done;
    expect(read).toEqual(['w', 'x']);
  });

  it('a sum goes to a second worker whole, and stays whole when that one is late', async () => {
    const all = await begin(['w', 'x', 'y'], [{ task: sumTask(4), to: { kind: 'worker', id: 'w' } }]);
    const ids = (sent: readonly OutstandingTask[]): string[] => sent.map(({ id }) => id);
    expect(sentTo(all.sent)).toEqual(['4→w', '4→x']);
    const { kind: _, pairs: _pairs, skipped: _skipped, ...base } = answerTo(4);
    const sum = { ...base, kind: 'backprop', shards: 4, recomputed: false } as const;
    all.answer({ ...sum, taskId: 'r.1.3.backprop.0-3', worker: 'y', computeMs: 400 }); // An earlier step.
    all.answer({ ...sum, taskId: 'r.1.4.backprop.4-7', worker: 'w' });
    for (const nowMs of [500, 1000, 1500]) await all.tickAt(nowMs);
    expect(ids(all.sent)).toEqual(Array(3).fill('r.1.4.backprop.4-7'));
    expect(sentTo(all.sent).at(-1)).toBe('4→y');
    all.answer({ ...sum, taskId: 'r.1.4.backprop.4-7', worker: 'y' });
    await all.done;
    expect(all.used).toMatchObject([{ worker: 'w', shards: 4 }]);
  });
});
