import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker as QueueWorker, type Job } from 'bullmq';
import type { Answer } from '#protocol/pool/task.js';
import type { MessageSigner } from '#protocol/pool/signed-messages.js';
import { names, retryMs } from '#protocol/pool/presence.js';
import { giveUpSilent } from '#protocol/redis/give-up.js';
import type { RedisClient } from '#protocol/redis/redis-client.js';
import type { WorkerConfig } from './config.js';
import type { Log } from './log.js';
import type { Presence } from './presence.js';
import type { TaskHandler } from './task-handler.js';

export interface RunningWorker {
  /** Finishes the shards at work, answers the tasks that were taken, and removes this worker from the pool. */
  stop(): Promise<void>;
}

export interface WorkerParts {
  readonly config: WorkerConfig;
  /** Of all queues. BullMQ waits for tasks on connections of its own, which it makes after this one. */
  readonly redis: RedisClient;
  readonly presence: Presence;
  readonly handler: TaskHandler;
  readonly log: Log;
  readonly signer: MessageSigner;
  /** Hears of the answer to each task before it is sent. */
  onAnswer(answer: Answer): void;
}

/**
 * Takes tasks from two queues, the common one and the worker's own, and puts the answers into the queue of answers. It
 * takes two tasks at a time from its own queue: the samples of the second are loaded while the first is computed.
 * BullMQ renews its lock on a task while it is worked on. When a worker dies, the coordinator gives its tasks to
 * others.
 */
export function startWorker({ config, redis, presence, handler, log, signer, onAnswer }: WorkerParts): RunningWorker {
  const { queuePrefix: prefix, leaseMs } = config;
  const answers = new Queue(names.answers, { connection: redis, prefix });
  let stopping = false;
  /** Adds an answer to its queue, again and again while Redis refuses writes: the work is done, and waited for. */
  const deliver = async (answer: Answer): Promise<void> => {
    const options = { jobId: `${answer.taskId}.${config.id}`, removeOnComplete: true, removeOnFail: true };
    for (;;) {
      try {
        await answers.add('answer', signer.sign('answer', answer), options);
        return;
      } catch (error) {
        if (stopping) throw error;
        log.warn({ task: answer.taskId, error: String(error) }, 'The answer could not be sent; it is tried again');
        await sleep(retryMs);
      }
    }
  };
  const take = async ({ name, data }: Job): Promise<void> => {
    // The name of a job is the id of its task.
    presence.working(name);
    try {
      const answer = await handler.handle(data);
      if (answer.kind === 'failed') log.error({ task: answer.taskId, error: answer.error }, 'A task failed');
      else log.debug({ task: answer.taskId, ...answer }, 'A task is done');
      onAnswer(answer);
      await deliver(answer);
    } finally {
      presence.done(name);
    }
  };
  const queues = [
    { queue: names.tasks, concurrency: 1 },
    { queue: names.tasksOf(config.id), concurrency: 2 },
  ].map(({ queue, concurrency }) => {
    const worker = new QueueWorker(queue, take, {
      connection: redis,
      prefix,
      // BullMQ writes this name into every job it takes, where the coordinator reads who holds a task.
      name: config.id,
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: leaseMs / 2,
      // The coordinator counts attempts, so the queue itself must never give up on a task.
      maxStalledCount: 1_000_000,
      runRetryDelay: retryMs,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => log.warn({ queue, error: error.message }, 'Redis trouble'));
    return worker;
  });
  answers.on('error', (error) => log.warn({ queue: names.answers, error: error.message }, 'Redis trouble'));
  return {
    async stop() {
      stopping = true;
      handler.hurry();
      // Without Redis no task can be answered: BullMQ would wait for it.
      const isGone = await giveUpSilent(redis, prefix);
      await Promise.all(queues.map((worker) => worker.close(isGone)));
      await presence.leave();
      await answers.close();
      await handler.close();
    },
  };
}
