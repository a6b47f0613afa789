// Goal: a stall is reported once, with about its length, and with what is left of it without others on the CPU. Method:
// this thread is kept busy for a while, alone and among threads that are busy, too.
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchStalls, type Stall } from './stall-watch.js';

let stalls: Stall[] = [];
let watch: ReturnType<typeof watchStalls>;
beforeEach(() => {
  stalls = [];
  watch = watchStalls(300, (stall) => void stalls.push(stall));
});
afterEach(() => watch.stop());

function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('watchStalls', () => {
  it('reports how long the event loop stood still, and nothing of shorter work', async () => {
    await sleep(30);
    busy(50);
    await sleep(30);
    busy(900);
    await sleep(30);
    const longest = Math.max(...stalls.map(({ stallMs }) => stallMs));
    expect(longest).toBeGreaterThan(850);
    for (const { stallMs, ownMs } of stalls) {
      expect(stallMs).toBeGreaterThanOrEqual(300);
      expect(ownMs).toBeGreaterThan(0);
      expect(ownMs).toBeLessThanOrEqual(stallMs);
    }
  });

  it.skipIf(process.platform !== 'linux')('does not count what others had of the CPU as its own', async () => {
    const spin = 'for (;;);';
    const others = Array.from({ length: 3 * availableParallelism() }, () => new Worker(spin, { eval: true }));
    await Promise.all(others.map((other) => new Promise((resolve) => other.once('online', resolve))));
    busy(1500);
    await sleep(30);
    await Promise.all(others.map((other) => other.terminate()));
    const stall = stalls.find(({ stallMs }) => stallMs > 1400)!;
    expect(stall.ownMs).toBeLessThan(0.7 * stall.stallMs);
  });
});
