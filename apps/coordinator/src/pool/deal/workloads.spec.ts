// Goal: the pool knows what each worker is at, also when it is at something that nobody needs any more.
// Method: jobs written by hand.
import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { Task } from '#protocol/pool/task.js';
import type { OutstandingTask } from '../pool-state.js';
import { openWorkloads } from './workloads.js';

const job = (id: string): OutstandingTask => ({
  ...{ id, job: `${id}.1`, attempt: 1, attempts: 3 },
  task: { run: 'r' } as Task,
  to: { kind: 'worker', id: 'w' },
});
const ids = (jobs: readonly OutstandingTask[]): string[] => jobs.map(({ id }) => id);
const record = (task: string | null): WorkerRecord[] => [{ id: 'w', task } as WorkerRecord];

describe('workloads', () => {
  it('the time at a task counts from the answer before', () => {
    const loads = openWorkloads();
    loads.add(job('a'), 0);
    loads.add(job('b'), 10);
    expect(loads.of('w', 100)).toMatchObject({ elapsedMs: 100, lastRun: 'r' });
    loads.answered('w', 'a', 120);
    expect(loads.of('w', 200).elapsedMs).toBe(80);
    loads.answered('w', 'b', 250);
    expect(loads.of('w', 900)).toMatchObject({ jobs: [], elapsedMs: 0 });
  });

  it('what waits is taken back; what a worker is at keeps it busy until it answers or says so', () => {
    const loads = openWorkloads();
    const [a, b] = [job('a'), job('b')];
    loads.add(a, 0);
    loads.add(b, 0);
    loads.settle([a, b]);
    expect(ids(loads.of('w', 1).jobs)).toEqual(['a']);
    loads.see(record('a'));
    expect(ids(loads.of('w', 1).jobs)).toEqual(['a']);
    loads.see(record(null));
    expect(loads.of('w', 1).jobs).toEqual([]);
  });

  it('a worker that left has nothing', () => {
    const loads = openWorkloads();
    loads.add(job('a'), 0);
    loads.see([]);
    expect(loads.of('w', 1).jobs).toEqual([]);
  });
});
