// Goal: however many requests come, answers take no more of the event loop than their share while a run trains, and a
// caller who asks little is not delayed by one who asks a lot.
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openRequestTurns, type RequestTurns } from './request-turns.js';

const share = 0.2;
const costMs = 4;
let isTraining = true;
let turns: RequestTurns;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  isTraining = true;
  turns = openRequestTurns({ share, isTraining: () => isTraining, nowMs: Date.now });
});

afterEach(() => {
  turns.close();
  vi.useRealTimers();
});

class Answer extends EventEmitter {
  destroyed = false;
  writeHead(): this {
    return this;
  }
}

const newAnswer = (): Answer & ServerResponse => new Answer() as Answer & ServerResponse;

/** One request that takes `costMs` to answer; resolves when it is answered. */
function ask(caller: string, response = newAnswer()): Promise<void> {
  return new Promise((resolve) => {
    turns.take(caller, response, () => {
      vi.setSystemTime(Date.now() + costMs);
      response.writeHead(200);
      resolve();
    });
  });
}

/** A client that sends the next request as soon as the one before is answered. */
function flood(caller: string): { answered: number } {
  const seen = { answered: 0 };
  const again = (): void =>
    void ask(caller)
      .then(() => seen.answered++)
      .then(again);
  again();
  return seen;
}

it('answers a flood only for its share of the time while a run trains', async () => {
  const clients = Array.from({ length: 8 }, () => flood('key a'));
  await vi.advanceTimersByTimeAsync(10_000);
  const answered = clients.reduce((sum, seen) => sum + seen.answered, 0);
  const busy = (answered * costMs) / Date.now();
  expect(busy).toBeLessThanOrEqual(share);
  expect(busy).toBeGreaterThan(0.8 * share);
});

it('answers all at once while nothing trains', async () => {
  isTraining = false;
  let answered = 0;
  await Promise.all(Array.from({ length: 100 }, () => ask('key a').then(() => answered++)));
  expect(answered).toBe(100);
});

it('gives callers turns, whatever each of them asks', async () => {
  for (let client = 0; client < 100; client++) flood('address 10.0.0.1');
  await vi.advanceTimersByTimeAsync(1000);
  const before = Date.now();
  const answer = ask('key b').then(() => Date.now() - before);
  await vi.advanceTimersByTimeAsync(1000);
  // One request of the other, then its own.
  expect(await answer).toBeLessThanOrEqual((3 * costMs) / share);
});

it('spends nothing on callers that have gone', async () => {
  const gone = newAnswer();
  for (let request = 0; request < 20; request++) void ask('key a');
  const answered = vi.fn();
  void ask('key a', gone).then(answered);
  gone.destroyed = true;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(answered).not.toHaveBeenCalled();
  await ask('key a');
});
