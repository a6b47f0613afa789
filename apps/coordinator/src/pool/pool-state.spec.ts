// Goal: a heartbeat that a worker owed is counted once, and none that may still come.
import { expect, it } from 'vitest';
import { heartbeatMs, type WorkerRecord } from '#protocol/pool/presence.js';
import { missedHeartbeats, seeWorkers } from './pool-state.js';

const record = (id: string, beat: number): WorkerRecord => ({ id, beat, startedAt: 'then' }) as WorkerRecord;

it('counts each heartbeat that a silent worker owes once, from the second on', () => {
  let workers = seeWorkers(new Map(), [record('silent', 1), record('well', 1)], 0);
  const missed: number[] = [];
  for (let beat = 1; beat <= 5; beat++) {
    const [fromMs, toMs] = [(beat - 1) * heartbeatMs, beat * heartbeatMs];
    workers = seeWorkers(workers, [record('silent', 1), record('well', beat + 1)], toMs);
    missed.push(missedHeartbeats(workers, fromMs, toMs));
  }
  expect(missed).toEqual([0, 1, 1, 1, 1]);
});

it('counts none of a worker that is seen again, or new', () => {
  const before = seeWorkers(new Map(), [record('a', 1)], 0);
  const workers = seeWorkers(before, [record('a', 2), record('b', 1)], 10 * heartbeatMs);
  expect(missedHeartbeats(workers, 0, 10 * heartbeatMs)).toBe(0);
});
