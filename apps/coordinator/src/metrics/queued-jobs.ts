import { Queue } from 'bullmq';
import { names } from '#protocol/pool/presence.js';
import { withinTime } from '#protocol/time-limit.js';
import type { RedisConnection } from '../redis-connection.js';
import type { QueuedJobs } from './metric-sources.js';

/** Counts the jobs in the queues that all workers share. */
export interface JobCounter {
  /** Rejects if Redis does not answer in time. */
  count(): Promise<QueuedJobs>;
  close(): Promise<void>;
}

/** A scrape waits no longer than this for Redis. */
const limitMs = 2000;

export function openJobCounter({ client }: RedisConnection, prefix: string): JobCounter {
  const queues = [names.tasks, names.answers].map((name) => {
    const queue = new Queue(name, { connection: client, prefix, skipMetasUpdate: true });
    return queue.on('error', () => undefined); // The connection has its own watch; a count that fails is no value.
  });
  return {
    async count() {
      const counting = Promise.all(queues.map((queue) => queue.getJobCounts('waiting', 'active')));
      const counts = await withinTime(counting, limitMs, () => new Error(`no answer within ${limitMs} ms`));
      const [tasks, answers] = counts.map(({ waiting = 0, active = 0 }) => ({ waiting, active }));
      return { tasks: tasks!, answers: answers! };
    },
    close: async () => void (await Promise.all(queues.map((queue) => queue.close()))),
  };
}
