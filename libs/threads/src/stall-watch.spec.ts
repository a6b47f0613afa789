// Goal: a stall is reported once, with about its length. Method: this thread is kept busy for a while.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { watchStalls } from './stall-watch.js';

const stalls: number[] = [];
const watch = watchStalls(300, (stallMs) => void stalls.push(stallMs));
afterEach(() => watch.stop());

describe('watchStalls', () => {
  it('reports how long the event loop stood still, and nothing of shorter work', async () => {
    const busy = (ms: number): void => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    };
    await sleep(30);
    busy(50);
    await sleep(30);
    busy(900);
    await sleep(30);
    expect(Math.max(...stalls)).toBeGreaterThan(850);
    expect(stalls.filter((stallMs) => stallMs < 300)).toEqual([]);
  });
});
