// Goal: a worker that dies is started again, a few times, and then given up. Method: workers that end when the test
// says so, and a clock that it moves.
import { expect, it } from 'vitest';
import { TandemError } from '#protocol/tandem-error.js';
import type { ChildProcess } from './child-process.js';
import { keepWorker, restartPausesMs } from './keep-worker.js';

interface Life {
  readonly lives: number;
  readonly said: readonly string[];
  readonly pausesMs: readonly number[];
  readonly result: TandemError | undefined;
}

/** The life of a worker whose processes live so long, each in milliseconds. It is stopped after the last. */
async function live(livesMs: readonly number[]): Promise<Life> {
  let [nowMs, lives] = [0, 0];
  const said: string[] = [];
  const pausesMs: number[] = [];
  const next = (): ChildProcess => {
    const livesOn = livesMs[lives++] ?? 0;
    return {
      name: 'worker 1',
      pid: 1,
      log: '/log',
      get ended() {
        nowMs += livesOn; // Whoever waits for its end sees the time at which it comes.
        return Promise.resolve('SIGKILL');
      },
      crash: (ending) => new TandemError({ code: 'INTERNAL', message: `worker 1 ended (${ending})` }),
      stop: () => Promise.resolve(),
    };
  };
  const result = await keepWorker({
    worker: next(),
    start: () => Promise.resolve(next()),
    onEnd: (ending, what) => said.push(`${ending}: ${what}`),
    isStopping: () => lives > livesMs.length,
    sleep: (ms) => Promise.resolve(pausesMs.push(ms)),
    nowMs: () => nowMs,
  });
  return { lives, said, pausesMs, result };
}

it('starts it again after pauses that grow, and gives it up with its crash', async () => {
  const { lives, said, pausesMs, result } = await live([10, 10, 10, 10, 10]);
  expect(pausesMs).toEqual(restartPausesMs);
  expect(lives).toBe(restartPausesMs.length + 1);
  expect(said).toEqual([
    'SIGKILL: it is started again in 1 s',
    'SIGKILL: it is started again in 5 s',
    'SIGKILL: it is started again in 30 s',
    'SIGKILL: it is not started again',
  ]);
  expect(result?.message).toBe('worker 1 ended (SIGKILL)');
});

it('begins to count again after a worker that lived long', async () => {
  const { pausesMs, result } = await live([10, 10, 600_000, 10, 10, 10]);
  expect(pausesMs).toEqual([1000, 5000, 1000, 5000, 30_000]);
  expect(result).toBeDefined();
});

it('starts nothing when the cluster stops', async () => {
  const { result, pausesMs } = await live([]);
  expect([result, pausesMs]).toEqual([undefined, []]);
});
