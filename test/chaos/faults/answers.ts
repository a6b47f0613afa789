import { setTimeout as delay } from 'node:timers/promises';
import { Queue, type Job } from 'bullmq';
import { names } from '#protocol/pool/presence.js';
import type { Answer } from '#protocol/pool/task.js';
import type { Cluster } from '../cluster.js';
import { nowMs, waitFor, type Effect, type Strikes } from './effect.js';
import { twoWorkers } from './workers.js';

/** How long the queue of answers is held until there are some to copy or reorder. */
const holdMs = 2_000;
/** How long the coordinator may take to read them. */
const readMs = 5_000;
/** Copies come a second time so much later, when their step is over. */
const lateMs = 400;

/** Numbers the copies, because a queue ignores a job whose id it already has. */
let copies = 0;

export const answerFaults: Strikes<'answers-duplicated' | 'answers-reordered'> = {
  'answers-duplicated': (_fault, cluster) =>
    withAnswers(cluster, async (queue) => {
      const startMs = nowMs();
      const { waiting, changed: now } = await whileHeld(queue, 1, (held) => addCopies(queue, held));
      const endMs = nowMs();
      await delay(lateMs);
      const late = await addCopies(queue, waiting);
      const read = await allRead(queue, [...now, ...late]);
      return { acted: read > 0, startMs, endMs, what: `${read} copies of ${waiting.length} answers were read` };
    }),

  'answers-reordered': (_fault, cluster, isOver) =>
    withAnswers(cluster, async (queue) => {
      await twoWorkers(cluster, isOver); // One would have all neighbouring shards in one task, and give one answer.
      const startMs = nowMs();
      const { waiting, changed: reversed } = await whileHeld(queue, 2, async () =>
        Number(await cluster.redis.client.eval(reverse, 1, queue.toKey('wait'))),
      );
      const endMs = nowMs();
      const ids = waiting.map(({ id }) => id!);
      const read = await allRead(queue, ids);
      return { acted: reversed > 1 && read > 1, startMs, endMs, what: `${reversed} answers in reverse` };
    }),
};

async function withAnswers(
  { redis, prefix }: Cluster,
  use: (queue: Queue<Answer>) => Promise<Effect>,
): Promise<Effect> {
  const queue = new Queue<Answer>(names.answers, { connection: redis.client, prefix });
  queue.on('error', () => undefined);
  return use(queue).finally(() => queue.close());
}

/** Holds answers back until `count` wait, which the coordinator has not seen then, and lets `change` have them. */
async function whileHeld<T>(
  queue: Queue<Answer>,
  count: number,
  change: (waiting: readonly Job<Answer>[]) => Promise<T>,
): Promise<{ readonly waiting: readonly Job<Answer>[]; readonly changed: T }> {
  await queue.pause();
  try {
    await waitFor(async () => ((await queue.getWaitingCount()) >= count ? true : undefined), holdMs);
    const waiting = await queue.getWaiting();
    return { waiting, changed: await change(waiting) };
  } finally {
    await queue.resume();
  }
}

async function addCopies(queue: Queue<Answer>, answers: readonly Job<Answer>[]): Promise<string[]> {
  const jobs = answers.map(({ data }) => ({
    name: 'answer',
    data,
    opts: { jobId: `copy-${++copies}`, removeOnComplete: true, removeOnFail: true },
  }));
  return (await queue.addBulk(jobs)).map(({ id }) => id!);
}

/** Waits until the coordinator has read these jobs, and returns how many it has. */
async function allRead(queue: Queue<Answer>, ids: readonly string[]): Promise<number> {
  const isLeft = async (id: string): Promise<boolean> => (await queue.getJob(id)) !== undefined;
  const left = async (): Promise<number> => (await Promise.all(ids.map(isLeft))).filter(Boolean).length;
  await waitFor(async () => ((await left()) === 0 ? true : undefined), readMs);
  return ids.length - (await left());
}

const reverse = `
local ids = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
for _, id in ipairs(ids) do redis.call('LPUSH', KEYS[1], id) end
return #ids`;
