import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { bytes, significant, whole } from '#report/figures.js';
import { listWorkers } from '../api/calls.js';
import { usePolled } from '../api/polled.js';
import { Notice } from '../layout/notice.js';
import { Empty, State } from '../layout/parts.js';
import { runAddress } from '../route.js';
import { readTaskName } from './task-name.js';

/** From here on a worker counts as slow: it takes so many times as long as its peers. */
const slowFrom = 2;

/** Every worker of the pool, what it does, and which is slow. */
export function WorkerTable(): JSX.Element {
  const { answer, error } = usePolled(listWorkers);
  const rate = useTaskRates(answer?.workers);
  return (
    <>
      {error && <Notice error={error} />}
      {answer && answer.workers.length === 0 && (
        <Empty title="No worker has joined.">
          <p class="muted">Start one on any machine that reaches Redis and the store:</p>
          <pre>tandem worker</pre>
        </Empty>
      )}
      {answer && answer.workers.length > 0 && (
        <div class="card">
          <table class="stacks">
            <thead>
              <tr>
                <th>Worker</th>
                <th>State</th>
                <th>Does now</th>
                <th class="right">Tasks/s</th>
                <th class="right">Tasks done</th>
                <th>Speed</th>
                <th>Device</th>
                <th class="right">Memory</th>
              </tr>
            </thead>
            <tbody>
              {answer.workers.map((worker) => (
                <WorkerRow key={worker.id} worker={worker} tasksPerSecond={rate(worker.id)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

interface WorkerRowProps {
  readonly worker: WorkerStatus;
  readonly tasksPerSecond: number | undefined;
}

function WorkerRow({ worker, tasksPerSecond }: WorkerRowProps): JSX.Element {
  const { id, host, pid, device, memoryBytes, state, reason, task, tasksDone, slowness = 1 } = worker;
  return (
    <tr>
      <td class="title">
        {host} <span class="muted small number">pid {pid}</span>
        <span class="reason mono">{id}</span>
      </td>
      <td data-name="State">
        <span>
          <State state={state} />
          {reason !== '' && <span class="reason">{reason}</span>}
        </span>
      </td>
      <td data-name="Does now">{task === null ? '–' : <TaskText name={task} />}</td>
      <td data-name="Tasks/s" class="right">
        {tasksPerSecond === undefined ? '–' : significant(tasksPerSecond)}
      </td>
      <td data-name="Tasks done" class="right">
        {whole(tasksDone)}
      </td>
      <td data-name="Speed">
        {slowness >= slowFrom ? (
          <span class="badge badge-warn">slow: takes {significant(Math.round(slowness * 10) / 10)} times as long</span>
        ) : (
          <span class="muted">as its peers</span>
        )}
      </td>
      <td data-name="Device">{device}</td>
      <td data-name="Memory" class="right">
        {memoryBytes === null ? '–' : bytes(memoryBytes)}
      </td>
    </tr>
  );
}

function TaskText({ name }: { readonly name: string }): JSX.Element {
  const task = readTaskName(name);
  if (!task) return <span class="mono">{name}</span>;
  const { run, step, kind, shards } = task;
  return (
    <span>
      {kind} {shards.includes('-') ? `shards ${shards.replace('-', '–')}` : `shard ${shards}`}
      <span class="reason">
        step {whole(step)} of <a href={runAddress(run)}>{run}</a>
      </span>
    </span>
  );
}

interface Sample {
  readonly atMs: number;
  readonly tasksDone: number;
}

const rateWindowMs = 20_000;

/** Tasks a second of each worker, of the last 20 s that this page has seen. */
function useTaskRates(workers: readonly WorkerStatus[] | undefined): (id: string) => number | undefined {
  const seen = useRef<{ answer: unknown; samples: Map<string, readonly Sample[]> }>({
    answer: undefined,
    samples: new Map(),
  });
  if (workers && seen.current.answer !== workers) {
    const atMs = performance.now();
    const samples = new Map<string, readonly Sample[]>();
    for (const { id, tasksDone } of workers) {
      const before = (seen.current.samples.get(id) ?? []).filter((one) => one.atMs >= atMs - rateWindowMs);
      samples.set(id, [...before, { atMs, tasksDone }]);
    }
    seen.current = { answer: workers, samples };
  }
  return (id) => {
    const samples = seen.current.samples.get(id) ?? [];
    const [first, last] = [samples[0], samples.at(-1)];
    if (!first || !last || last.atMs === first.atMs) return undefined;
    return (1000 * (last.tasksDone - first.tasksDone)) / (last.atMs - first.atMs);
  };
}
