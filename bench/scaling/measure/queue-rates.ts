import { Queue, Worker } from 'bullmq';
import { cpuSecondsOf, median, secondsOf } from '../../turns.js';
import type { Machine } from '../machines.js';

const turns = 200;

/**
 * A task and its answer through BullMQ, both ends in this process: of its CPU time, half is the coordinator's. What
 * remains is the way of two messages.
 */
export async function* measure({
  url,
}: {
  readonly url: string;
}): AsyncGenerator<Pick<Machine, 'taskMs' | 'messageMs'>> {
  const connection = { url, maxRetriesPerRequest: null };
  const [tasks, answers] = [new Queue('tasks', { connection }), new Queue('answers', { connection })];
  let answered: () => void = () => undefined;
  const kept = { removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } };
  const worker = new Worker('tasks', async () => void (await answers.add('answer', {})), { connection, ...kept });
  const reader = new Worker('answers', async () => answered(), { connection, ...kept });
  await Promise.all([worker.waitUntilReady(), reader.waitUntilReady()]);
  const trip = (): Promise<void> =>
    new Promise((resolve, reject) => {
      answered = resolve;
      tasks.add('task', {}).catch(reject);
    });
  for (let turn = 0; turn < turns; turn++) await trip();
  const times: number[] = [];
  const seconds = await cpuSecondsOf(async () => {
    while (times.length < turns) times.push(1000 * (await secondsOf(trip)));
  });
  const taskMs = (1000 * seconds) / turns / 2;
  yield { taskMs, messageMs: Math.max(0, (median(times) - taskMs) / 2) };
  await Promise.all([worker.close(), reader.close(), tasks.close(), answers.close()]);
}
