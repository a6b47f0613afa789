import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunSummary } from '#protocol/run/run-status.js';
import { duration, significant, whole } from '#report/figures.js';
import { listRuns } from '../api/calls.js';
import { usePolled } from '../api/polled.js';
import { Notice } from '../layout/notice.js';
import { Empty, Moment, Progress, State } from '../layout/parts.js';
import { runAddress } from '../route.js';

/** As many as can be told apart. */
const comparedMax = 6;

export function RunsPage(): JSX.Element {
  const { answer, error } = usePolled(listRuns);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [first, ...others] = chosen;
  const toggle = (id: string): void =>
    setChosen((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]));
  return (
    <>
      <div class="page-head">
        <h1>Runs</h1>
        {first !== undefined && others.length > 0 && (
          <a class="button" href={runAddress(first, 'charts', others)}>
            Compare {chosen.length} runs
          </a>
        )}
        <a class="button primary" href="#/submit">
          Submit a run
        </a>
      </div>
      {error && <Notice error={error} />}
      {answer && answer.runs.length === 0 && (
        <Empty title="No run yet.">
          <p class="muted">Submit one here, or from a terminal:</p>
          <pre>tandem submit run.yaml --url {new URL('.', location.href).href.replace(/\/$/, '')}</pre>
        </Empty>
      )}
      {answer && answer.runs.length > 0 && (
        <div class="card">
          <RunTable runs={answer.runs} chosen={chosen} toggle={toggle} />
        </div>
      )}
    </>
  );
}

interface RunTableProps {
  readonly runs: readonly RunSummary[];
  readonly chosen: readonly string[];
  toggle(id: string): void;
}

function RunTable({ runs, chosen, toggle }: RunTableProps): JSX.Element {
  return (
    <table class="stacks">
      <thead>
        <tr>
          <th>
            <span class="visually-hidden">Compare</span>
          </th>
          <th>Run</th>
          <th>State</th>
          <th>Steps</th>
          <th class="right">Loss</th>
          <th class="right">Pairs/s</th>
          <th class="right">Time left</th>
          <th>Submitted</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td class="choice">
              <input
                type="checkbox"
                aria-label={`Compare ${run.id}`}
                checked={chosen.includes(run.id)}
                disabled={!chosen.includes(run.id) && chosen.length >= comparedMax}
                onChange={() => toggle(run.id)}
              />
            </td>
            <td class="title">
              <a href={runAddress(run.id)}>
                <b>{run.name}</b> <span class="muted small run-id">{run.id.slice(run.name.length + 1)}</span>
              </a>
            </td>
            <td data-name="State">
              <span>
                <State state={run.state} />
                <span class="reason">{run.reason}</span>
              </span>
            </td>
            <td data-name="Steps">
              <Progress run={run} />
            </td>
            <td data-name="Loss" class="right">
              {run.last ? significant(run.last.loss) : '–'}
            </td>
            <td data-name="Pairs/s" class="right">
              {run.last ? whole(run.last.pairsPerSecond) : '–'}
            </td>
            <td data-name="Time left" class="right">
              {run.etaSeconds === null ? '–' : duration(run.etaSeconds)}
            </td>
            <td data-name="Submitted">
              <Moment at={run.createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
