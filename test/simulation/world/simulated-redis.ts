import type { CoordinatorRecord, WorkerRecord } from '#protocol/pool/presence.js';
import type { Answer, Task } from '#protocol/pool/task.js';
import type { OutstandingTask, TaskLocation } from '../../../apps/coordinator/src/pool/pool-state.js';
import type { Transport } from '../../../apps/coordinator/src/pool/transport.js';
import type { SimulatedProcess, World } from './world.js';

export interface Job {
  /** The name of its queue and its name there: a queue ignores a job whose name it has. */
  readonly key: string;
  readonly task: Task;
  /** The worker whose queue it is in; undefined for the queue of all. */
  readonly queue: string | undefined;
  holder: string | undefined;
}

export interface RedisTroubles {
  /** Probabilities that a message gets lost, and that it comes twice. */
  losing: number;
  repeating: number;
  /** Every command fails. */
  isDown: boolean;
}

/** The shortest and the longest delay, in milliseconds. */
export type DelayRange = readonly [number, number];

export interface RedisDelays {
  /** Of a command, and of its answer. */
  readonly command: DelayRange;
  /** Until a task that was sent is in its queue. */
  readonly job: DelayRange;
  /** Until an answer that was sent is read. */
  readonly answer: DelayRange;
}

const usualDelays: RedisDelays = { command: [0, 3], job: [0, 20], answer: [0, 30] };

/** The queues and records that coordinators and workers share, as a network that loses, repeats and reorders. */
export interface SimulatedRedis {
  readonly troubles: RedisTroubles;
  openTransport(process: SimulatedProcess): Transport;
  /** A worker says that it lives, and which task it has. Removed records come back so. */
  beat(record: WorkerRecord): void;
  leave(worker: string): void;
  /** The next job for a worker, which then holds it. */
  take(worker: string): Job | undefined;
  /** Calls when a job is there to take, in the order of the calls. */
  onJob(listener: (job: Job) => void): void;
  /** Sends an answer and removes the job. Resolves with false while Redis is down. */
  answer(job: Job, answer: Answer): boolean;
  /** Redis loses all that it has. */
  wipe(): void;
}

export function simulatedRedis(world: World, delays = usualDelays): SimulatedRedis {
  const troubles: RedisTroubles = { losing: 0, repeating: 0, isDown: false };
  const jobs = new Map<string, Job>();
  const records = new Map<string, WorkerRecord>();
  const readers: { readonly process: SimulatedProcess; listener: (answer: Answer) => void }[] = [];
  const jobListeners: ((job: Job) => void)[] = [];
  const said = (job: Job): void => jobListeners.forEach((listener) => listener(job));
  const lost = (): boolean => world.happens(troubles.losing);
  const times = (): number => (world.happens(troubles.repeating) ? 2 : 1);

  const command = <Result>(process: SimulatedProcess, effect: () => Result): Promise<Result> =>
    new Promise((resolve, reject) => {
      const [there, back] = [world.delay(...delays.command), world.delay(...delays.command)];
      world.after(there, () => {
        const result = troubles.isDown ? undefined : { value: effect() };
        const answer = result ? () => resolve(result.value) : () => reject(new Error('Redis is down'));
        world.after(back, () => process.reach(answer));
      });
    });

  const openTransport = (process: SimulatedProcess): Transport => {
    const reader = { process, listener: (_answer: Answer): void => undefined };
    readers.push(reader);
    jobs.clear(); // As openRedisTransport removes what an earlier coordinator left.
    return {
      send: (tasks) =>
        command(process, () => {
          for (const sent of tasks) {
            if (lost()) continue;
            const queue = sent.to.kind === 'worker' ? sent.to.id : undefined;
            const job = { key: keyOf(sent), task: sent.task, queue, holder: undefined };
            world.after(world.delay(...delays.job), () => {
              if (jobs.has(job.key)) return;
              jobs.set(job.key, job);
              said(job);
            });
          }
        }),
      locate: (tasks) => command(process, () => new Map(tasks.map((task) => [task.job, locationOf(task, jobs)]))),
      withdraw: (tasks) =>
        command(process, () => {
          for (const task of tasks) if (locationOf(task, jobs).kind === 'waiting') jobs.delete(keyOf(task));
        }),
      workers: () => command(process, () => [...records.values()]),
      forgetWorker: (id) =>
        command(process, () => {
          records.delete(id);
          for (const job of [...jobs.values()]) if (job.queue === id) jobs.delete(job.key);
        }),
      announce: (_record: CoordinatorRecord) => command(process, () => undefined),
      onAnswer: (listener) => void (reader.listener = listener),
      close: () => Promise.resolve(void readers.splice(readers.indexOf(reader), 1)),
    };
  };
  return {
    troubles,
    openTransport,
    beat: (record) => void (troubles.isDown || records.set(record.id, record)),
    leave: (worker) => void records.delete(worker),
    take(worker) {
      if (troubles.isDown) return undefined;
      const waiting = [...jobs.values()].filter(({ holder }) => holder === undefined);
      const job = waiting.find(({ queue }) => queue === worker) ?? waiting.find(({ queue }) => queue === undefined);
      if (job) job.holder = worker;
      return job;
    },
    onJob: (listener) => void jobListeners.push(listener),
    answer(job, answer) {
      if (troubles.isDown) return false;
      jobs.delete(job.key);
      for (let sent = times(); sent > 0; sent--) {
        if (lost()) continue;
        world.after(world.delay(...delays.answer), () => {
          // One of those that read the queue gets it: with two leaders, perhaps the wrong one.
          const there = readers.filter(({ process }) => process.isRunning());
          if (there.length > 0) world.chance.pick(there).listener(answer);
        });
      }
      return true;
    },
    wipe() {
      jobs.clear();
      records.clear();
    },
  };
}

function keyOf({ job, to }: OutstandingTask): string {
  return `${to.kind === 'worker' ? to.id : ''}/${job}`;
}

function locationOf(task: OutstandingTask, jobs: ReadonlyMap<string, Job>): TaskLocation {
  const job = jobs.get(keyOf(task));
  if (!job) return { kind: 'missing' };
  return job.holder === undefined ? { kind: 'waiting' } : { kind: 'held', worker: job.holder };
}
