import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

/** Many who watch a run, in a process of their own. */
export interface Clients {
  /** What they have seen since they were asked before. */
  report(): Promise<ClientsReport>;
  stop(): void;
}

export interface ClientsOf {
  readonly url: string;
  readonly key: string;
  readonly run: string;
  /** Streams of the run's steps. */
  readonly followers: number;
  readonly readsPerSecond: number;
}

export interface ClientsReport {
  readonly reads: number;
  /** Reads that were refused, cut or answered with an error. */
  readonly failed: number;
  /** From the moment in which a read was due, to the end of its answer. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Steps that followers saw, all together. */
  readonly stepsSeen: number;
  /** Steps that a follower did not see, or saw twice. */
  readonly stepsWrong: number;
  /** Streams that ended. */
  readonly streamsEnded: number;
}

const modulePath = fileURLToPath(import.meta.url);
/** Connections of those who read. One that waits delays no other read. */
const connections = 64;

export async function startClients(clients: ClientsOf): Promise<Clients> {
  const child = fork(modulePath, [JSON.stringify(clients)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return {
    async report() {
      const answer = once(child, 'message') as Promise<[ClientsReport]>;
      child.send('report');
      return (await answer)[0];
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

function watch({ url, key, run, followers, readsPerSecond }: ClientsOf): void {
  const headers = { 'x-api-key': key };
  const paths = ['/v1/runs', `/v1/runs/${run}`, '/v1/workers', `/v1/runs/${run}/metrics?points=100`];
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const microseconds = createHistogram();
  let count = { reads: 0, failed: 0, stepsSeen: 0, stepsWrong: 0, streamsEnded: 0 };

  function read(path: string, dueMs: number): void {
    const failed = (): void => void count.failed++;
    get(url + path, { agent, headers }, (answer) => {
      answer.resume().once('end', () => {
        count.reads++;
        microseconds.record(Math.max(1, Math.round(1000 * (performance.now() - dueMs))));
        if (answer.statusCode !== 200) failed();
      });
    }).once('error', failed);
  }

  function follow(): void {
    get(`${url}/v1/runs/${run}/metrics?follow=1`, { headers, agent: false }, (stream: IncomingMessage) => {
      let rest = '';
      let last: number | undefined;
      stream.setEncoding('utf8').on('data', (text: string) => {
        const events = (rest + text).split('\n\n');
        rest = events.pop()!;
        for (const event of events) {
          const step = /^event: step\nid: (\d+)$/m.exec(event)?.[1];
          if (step === undefined) continue;
          if (last !== undefined && Number(step) !== last + 1) count.stepsWrong++;
          last = Number(step);
          count.stepsSeen++;
        }
      });
      stream.once('close', () => count.streamsEnded++);
    }).once('error', () => count.streamsEnded++);
  }

  for (let follower = 0; follower < followers; follower++) follow();
  const beganMs = performance.now();
  let asked = 0;
  setInterval(() => {
    for (; asked < ((performance.now() - beganMs) / 1000) * readsPerSecond; asked++)
      read(paths[asked % paths.length]!, beganMs + (1000 * asked) / readsPerSecond);
  }, 5);
  process.on('message', () => {
    const ms = (percentile: number): number => microseconds.percentile(percentile) / 1000;
    process.send!({
      ...count,
      medianMs: ms(50),
      p99Ms: ms(99),
      maxMs: microseconds.max / 1000,
    } satisfies ClientsReport);
    count = { reads: 0, failed: 0, stepsSeen: 0, stepsWrong: 0, streamsEnded: 0 };
    microseconds.reset();
  });
}

if (process.argv[1] === modulePath) {
  process.once('disconnect', () => process.exit());
  watch(JSON.parse(process.argv[2]!) as ClientsOf);
  process.send!('started');
}
