import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { Queue, Worker as QueueWorker, type Job } from 'bullmq';
import { giveUpSilent, goodbyeMs } from '#protocol/redis/give-up.js';
import type { RedisClient } from '#protocol/redis/redis-client.js';
import { coordinatorRecordMs, names, retryMs, workerRecordSchema, type WorkerRecord } from '#protocol/pool/presence.js';
import type { MessageSigner } from '#protocol/pool/signed-messages.js';
import { answerSchema, type Answer } from '#protocol/pool/task.js';
import { withinTime } from '#protocol/time-limit.js';
import { ErrorCode } from '#protocol/tandem-error.js';
import type { Addressee, TaskLocation } from './pool-state.js';
import type { Transport } from './transport.js';
import type { UnreadableMessages } from './unreadable-messages.js';

export interface RedisTransportOptions {
  /** Of all queues. BullMQ waits for answers on a connection of its own, which it makes after this one. */
  readonly redis: RedisClient;
  readonly prefix: string;
  readonly onTrouble: (message: string) => void;
  /** Is told of what cannot be read, which is left out. */
  readonly unreadable: Pick<UnreadableMessages, 'note'>;
  readonly signer: MessageSigner;
}

/**
 * Tasks and answers as BullMQ jobs, and worker records in a Redis hash. Jobs that an earlier coordinator left in the
 * queues are removed.
 */
export async function openRedisTransport({
  redis,
  prefix,
  onTrouble,
  unreadable,
  signer,
}: RedisTransportOptions): Promise<Transport> {
  const queues = new Map<string, Queue>();
  const queueFor = (to: Addressee): Queue => {
    const name = to.kind === 'any' ? names.tasks : names.tasksOf(to.id);
    const queue = queues.get(name) ?? new Queue(name, { connection: redis, prefix });
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
      const answer = readAnswer(job, unreadable, signer);
      if (answer) listener(answer);
      return Promise.resolve();
    },
    {
      connection: redis,
      prefix,
      concurrency: 64,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      runRetryDelay: retryMs,
    },
  );
  answers.on('error', (error) => onTrouble(error.message));

  return {
    async send(tasks) {
      await Promise.all(
        tasks.map(({ id, job, task, to }) =>
          queueFor(to).add(id, signer.sign('task', task), { jobId: job, removeOnComplete: true, removeOnFail: true }),
        ),
      );
    },
    async locate(tasks) {
      const found = await Promise.all(
        tasks.map(async (task) => [task.job, locationOf(await queueFor(task.to).getJob(task.job))] as const),
      );
      return new Map(found);
    },
    async withdraw(tasks) {
      // A task that a worker is doing cannot be removed. That is harmless: nobody waits for its answer any more.
      const removed = tasks.map((task) =>
        queueFor(task.to)
          .remove(task.job)
          .catch(() => 0),
      );
      // While Redis is away, a run that is to stop does not wait for it; what is asked is done once Redis is back.
      await withinTime(Promise.all(removed), goodbyeMs, () => new Error('Redis does not answer'));
    },
    async workers() {
      const records = Object.entries(await redis.hgetall(names.workers(prefix)));
      return records.flatMap(([field, text]) => workerRecord(field, text, unreadable, signer));
    },
    async forgetWorker(id) {
      await redis.hdel(names.workers(prefix), id);
      const queue = queueFor({ kind: 'worker', id });
      await queue.obliterate({ force: true });
      await queue.close();
      queues.delete(names.tasksOf(id));
    },
    async announce(record) {
      await redis.set(
        names.coordinator(prefix),
        JSON.stringify(signer.sign('coordinator record', record)),
        'PX',
        coordinatorRecordMs,
      );
    },
    onAnswer(next) {
      listener = next;
    },
    async close() {
      await answers.close(await giveUpSilent(redis, prefix));
      // Redis drops the record by itself, if it is away.
      await redis.del(names.coordinator(prefix)).catch(() => 0);
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** BullMQ writes the name of the worker into the job in the same command that takes it: no location is out of date. */
function locationOf(job: Job | undefined): TaskLocation {
  if (!job) return { kind: 'missing' };
  return job.processedBy ? { kind: 'held', worker: job.processedBy } : { kind: 'waiting' };
}

/** Reads one record. One that cannot be read, such as that of another version, is left out: the others still count. */
function workerRecord(
  field: string,
  text: string,
  unreadable: RedisTransportOptions['unreadable'],
  signer: MessageSigner,
): WorkerRecord[] {
  try {
    return [workerRecordSchema.parse(signer.verify('worker record', parseJson(text)))];
  } catch (error) {
    unreadable.note({ kind: 'worker record', source: field, identity: text, problem: problemText(error) });
    return [];
  }
}

/** The answer in a job, or undefined if it cannot be read. Also notes tasks that a worker says it cannot read. */
function readAnswer(
  { id, timestamp, data }: Job,
  unreadable: RedisTransportOptions['unreadable'],
  signer: MessageSigner,
): Answer | undefined {
  const identity = `${id} ${timestamp}`;
  let message: unknown;
  try {
    message = signer.verify('answer', data);
  } catch (error) {
    unreadable.note({ kind: 'answer', source: 'unknown', identity, problem: problemText(error) });
    return undefined;
  }
  const { data: answer, error } = answerSchema.safeParse(message);
  if (error) {
    const { worker } = (message ?? {}) as { readonly worker?: unknown };
    const source = typeof worker === 'string' ? worker : 'unknown';
    unreadable.note({ kind: 'answer', source, identity, problem: problemText(error) });
  } else if (answer.kind === 'failed' && isUnreadable(answer.error.code))
    unreadable.note({ kind: 'task', source: answer.worker, identity, problem: answer.error.message });
  return answer;
}

/** Of a task that is of another version, is not signed by this coordinator, or names blobs of another run. */
function isUnreadable(code: ErrorCode): boolean {
  return code === ErrorCode.ProtocolMismatch || code === ErrorCode.Unauthorised;
}
