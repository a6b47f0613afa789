// Goal: work in turns gives what the same work gives at once, and leaves the event loop to others meanwhile. Method: a
// generator that is busy for 3 ms between its pauses, and a timer that counts how often it had its turn.
import { describe, expect, it } from 'vitest';
import { atOnce, inTurns, type Pausable } from './turns.js';

function* summing(pauses: number): Pausable<number> {
  let sum = 0;
  for (let i = 0; i < pauses; i++) {
    const until = performance.now() + 3;
    while (performance.now() < until);
    sum += i;
    yield;
  }
  return sum;
}

describe('work in turns', () => {
  it('gives the same result as at once', async () => {
    expect(await inTurns(summing(5))).toBe(atOnce(summing(5)));
  });

  it('lets timers run in between', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await inTurns(summing(60));
    clearInterval(timer);
    // 180 ms of work, of which nobody has more than a few pauses without a break.
    expect(ticks).toBeGreaterThan(5);
  });

  it('ends at the next turn if its signal is aborted', async () => {
    const stopping = new AbortController();
    let pauses = 0;
    const long = function* (): Pausable<never> {
      for (; pauses < 100; pauses++) {
        if (pauses === 3) stopping.abort(new Error('enough'));
        yield* summing(1); // 3 ms of a turn of 10 ms.
      }
      throw new Error('it was not stopped');
    };
    await expect(inTurns(long(), stopping.signal)).rejects.toThrow('enough');
  });

  it('rejects with what the work throws', async () => {
    const failing = function* (): Pausable<number> {
      yield;
      throw new RangeError('too far');
    };
    await expect(inTurns(failing())).rejects.toThrow('too far');
    expect(() => atOnce(failing())).toThrow('too far');
  });
});
