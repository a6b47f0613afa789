import { parseJson } from '#protocol/input/json-text.js';
import { Queue, Worker as QueueWorker, type ConnectionOptions, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { coordinatorRecordMs, names, workerRecordSchema, type WorkerRecord } from '#protocol/pool/presence.js';
import { answerSchema, type Answer, type Task } from '#protocol/pool/task.js';
import type { Addressee, OutstandingTask, TaskLocation } from './pool-state.js';
import type { Transport } from './transport.js';

export interface RedisTransportOptions {
  /** For plain commands and the queues that only add. */
  readonly redis: Redis;
  /** For the queue that waits for answers: it blocks, so it has a connection of its own. */
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly onTrouble: (message: string) => void;
}

/**
 * Tasks and answers as BullMQ jobs, presence as a hash. What an earlier coordinator left in the queues is thrown away.
 */
export async function openRedisTransport({
  redis,
  connection,
  prefix,
  onTrouble,
}: RedisTransportOptions): Promise<Transport> {
  const queues = new Map<string, Queue<Task>>();
  const queueFor = (to: Addressee): Queue<Task> => {
    const name = to.kind === 'any' ? names.tasks : names.tasksOf(to.id);
    const queue = queues.get(name) ?? new Queue<Task>(name, { connection: redis, prefix });
    if (!queues.has(name)) queue.on('error', (error) => onTrouble(error.message));
    queues.set(name, queue);
    return queue;
  };
  let listener: (answer: Answer) => void = () => undefined;
  await queueFor({ kind: 'any' }).obliterate({ force: true });
  const leftovers = new Queue(names.answers, { connection: redis, prefix });
  await leftovers.obliterate({ force: true });
  await leftovers.close();

  const answers = new QueueWorker(
    names.answers,
    (job) => {
      const parsed = answerSchema.safeParse(job.data);
      if (parsed.success) listener(parsed.data);
      else onTrouble(`an answer of an unknown form was dropped: ${parsed.error.message}`);
      return Promise.resolve();
    },
    { connection, prefix, concurrency: 64, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
  );
  answers.on('error', (error) => onTrouble(error.message));

  return {
    async send(tasks) {
      for (const queue of new Set(tasks.map(({ to }) => queueFor(to)))) {
        const group = tasks.filter(({ to }) => queueFor(to) === queue);
        await queue.addBulk(
          group.map((task) => ({
            name: task.id,
            data: task.task,
            opts: { jobId: jobId(task), removeOnComplete: true, removeOnFail: true },
          })),
        );
      }
    },
    async locate(tasks) {
      const found = await Promise.all(
        tasks.map(async (task) => [task.id, locationOf(await queueFor(task.to).getJob(jobId(task)))] as const),
      );
      return new Map(found);
    },
    async withdraw(tasks) {
      // A task in work cannot be taken back; its answer will find nobody waiting.
      await Promise.all(
        tasks.map((task) =>
          queueFor(task.to)
            .remove(jobId(task))
            .catch(() => 0),
        ),
      );
    },
    async workers() {
      const records = Object.values(await redis.hgetall(names.workers(prefix)));
      return records.flatMap(workerRecord);
    },
    async forgetWorker(id) {
      await redis.hdel(names.workers(prefix), id);
      const queue = queueFor({ kind: 'worker', id });
      await queue.obliterate({ force: true });
      await queue.close();
      queues.delete(names.tasksOf(id));
    },
    async announce(record) {
      await redis.set(names.coordinator(prefix), JSON.stringify(record), 'PX', coordinatorRecordMs);
    },
    onAnswer(next) {
      listener = next;
    },
    async close() {
      await answers.close();
      await redis.del(names.coordinator(prefix));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** A worker writes its name on a job in the same moment as it takes it. */
function locationOf(job: Job | undefined): TaskLocation {
  if (!job) return { kind: 'missing' };
  return job.processedBy ? { kind: 'held', worker: job.processedBy } : { kind: 'waiting' };
}

/** One job for each attempt: a queue ignores a job whose id it knows. */
function jobId({ id, attempt }: OutstandingTask): string {
  return `${id}.${attempt}`;
}

/** A record that is none, or one of another version, is nobody's: it keeps nobody else from being seen. */
function workerRecord(text: string): WorkerRecord[] {
  try {
    const parsed = workerRecordSchema.safeParse(parseJson(text));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
