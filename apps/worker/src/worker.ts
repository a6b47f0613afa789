import { Queue, Worker as QueueWorker, type ConnectionOptions, type Job } from 'bullmq';
import type { Answer } from '#protocol/pool/task.js';
import { names } from '#protocol/pool/presence.js';
import type { WorkerConfig } from './config.js';
import type { Log } from './log.js';
import type { Presence } from './presence.js';
import type { TaskHandler } from './task-handler.js';

export interface RunningWorker {
  /** Finish the task in work, answer it, leave. */
  stop(): Promise<void>;
}

export interface WorkerParts {
  readonly config: WorkerConfig;
  readonly connection: ConnectionOptions;
  readonly presence: Presence;
  readonly handler: TaskHandler;
  readonly log: Log;
}

/**
 * Take tasks from two queues, the one for all and the worker's own, and put what comes of each into the queue of
 * answers. Of its own, which no other worker can take, it holds two: the samples of the second are loaded while the
 * first is computed. The lease of a task is renewed while it is worked on; one whose worker dies goes back by itself.
 */
export function startWorker({ config, connection, presence, handler, log }: WorkerParts): RunningWorker {
  const { queuePrefix: prefix, leaseMs } = config;
  const answers = new Queue<Answer>(names.answers, { connection, prefix });
  const take = async ({ name, data }: Job): Promise<void> => {
    // A task's job is named for the task.
    presence.working(name);
    try {
      const answer = await handler.handle(data);
      if (answer.kind === 'failed') log.error({ task: answer.taskId, error: answer.error }, 'A task failed');
      else log.debug({ task: answer.taskId, ...answer }, 'A task is done');
      await answers.add('answer', answer, {
        jobId: `${answer.taskId}.${config.id}`,
        removeOnComplete: true,
        removeOnFail: true,
      });
    } finally {
      presence.done(name);
    }
  };
  const queues = [
    { queue: names.tasks, concurrency: 1 },
    { queue: names.tasksOf(config.id), concurrency: 2 },
  ].map(({ queue, concurrency }) => {
    const worker = new QueueWorker(queue, take, {
      connection,
      prefix,
      // Written on every job it takes: the coordinator reads there who holds a task.
      name: config.id,
      concurrency,
      lockDuration: leaseMs,
      stalledInterval: leaseMs / 2,
      // The coordinator counts attempts; the queue must never give up on a task by itself.
      maxStalledCount: 1_000_000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => log.warn({ queue, error: error.message }, 'Redis trouble'));
    return worker;
  });
  answers.on('error', (error) => log.warn({ queue: names.answers, error: error.message }, 'Redis trouble'));
  return {
    async stop() {
      await Promise.all(queues.map((worker) => worker.close()));
      await presence.leave();
      await answers.close();
      await handler.close();
    },
  };
}
