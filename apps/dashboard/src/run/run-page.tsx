import type { JSX } from 'preact';
import type { RunStatus } from '#protocol/run/run-status.js';
import { duration, percent, significant, whole } from '#report/figures.js';
import type { Connection } from '../api/run-stream.js';
import { useRunHistory, type RunHistory } from '../api/run-history.js';
import { Notice } from '../layout/notice.js';
import { Empty, Progress, State } from '../layout/parts.js';
import { runAddress, runSections, type RunSection } from '../route.js';
import { WorkerTable } from '../runs/worker-table.js';
import { Checkpoints } from './checkpoints.js';
import { Configuration } from './configuration.js';
import { Evaluations } from './evaluations.js';
import { Events } from './events.js';
import { OverlaidCharts } from './overlaid-charts.js';
import { RunActions } from './run-actions.js';
import { TryIt } from '../try/try-it.js';
import './run.css';

interface RunPageProps {
  readonly id: string;
  readonly section: RunSection;
  readonly overlaid: readonly string[];
}

export function RunPage({ id, section, overlaid }: RunPageProps): JSX.Element {
  const history = useRunHistory(id);
  const { status, error } = history;
  return (
    <>
      <div class="page-head">
        <h1>
          {status?.name ?? id} {status && <span class="run-suffix">{id.slice(status.name.length + 1)}</span>}
        </h1>
        {status && <RunActions run={status} />}
      </div>
      {error && <Notice error={error} />}
      {status && <Facts history={history} />}
      {status?.error && <Notice error={{ message: status.error.message, help: status.error.help }} />}
      <nav class="tabs" aria-label="Sections of the run">
        {(Object.keys(runSections) as RunSection[]).map((one) => (
          <a key={one} href={runAddress(id, one, overlaid)} aria-current={one === section ? 'page' : undefined}>
            {runSections[one]}
          </a>
        ))}
      </nav>
      {status && sectionOf(section, history, overlaid)}
    </>
  );
}

function sectionOf(section: RunSection, history: RunHistory, overlaid: readonly string[]): JSX.Element {
  const status = history.status!;
  switch (section) {
    case 'charts':
      if (history.steps.length > 0 || overlaid.length > 0)
        return <OverlaidCharts id={status.id} steps={history.steps} overlaid={overlaid} />;
      return (
        <Empty title={emptyTitle(status)}>
          <p class="muted">{status.reason}</p>
        </Empty>
      );
    case 'evaluations':
      return <Evaluations run={status.id} results={status.evaluations} best={status.best} config={status.config} />;
    case 'workers':
      return <WorkerTable />;
    case 'events':
      return <Events run={status} />;
    case 'configuration':
      return <Configuration run={status} />;
    case 'checkpoints':
      return <Checkpoints run={status} />;
    case 'try':
      return <TryIt run={status} />;
  }
}

function emptyTitle({ download, state, step }: RunStatus): string {
  if (download || state === 'downloading') return 'A download has no steps.';
  if (state === 'counting') return 'A count has no steps.';
  return step > 0 ? 'Reads the steps …' : 'No step is committed yet.';
}

const connectionTexts: Readonly<Record<Connection, string>> = {
  connecting: 'connecting …',
  live: 'live',
  lost: 'connection lost; trying again …',
  ended: '',
};

function Facts({ history: { status, steps, connection } }: { readonly history: RunHistory }): JSX.Element {
  const run = status!;
  const { last } = run;
  return (
    <section class="card" aria-label="State of the run">
      <p class="run-state">
        <State state={run.state} />
        <Progress run={run} />
        <span class="muted">{run.reason}</span>
        <span
          class={`connection connection-${connection}`}
          data-steps={steps.length}
          data-last={steps.at(-1)?.step ?? 0}
        >
          {connectionTexts[connection]}
        </span>
      </p>
      <dl class="facts">
        <Fact name="Loss" value={last && significant(last.loss)} />
        <Fact name="Batch accuracy" value={last && percent(last.accuracy)} />
        <Fact name="Pairs/s" value={last && whole(last.pairsPerSecond)} />
        <Fact name="Step time" value={last && `${significant(last.stepMs / 1000)} s`} />
        <Fact name="Time left" value={run.etaSeconds === null ? null : duration(run.etaSeconds)} />
        <Fact name="Epochs in all" value={run.derived && significant(run.derived.epochs)} />
        <Fact name="Parameters" value={run.derived && whole(run.derived.parameters)} />
        <Fact name="Priority" value={whole((run.config as { readonly priority?: number }).priority ?? 0)} />
        <Fact name="Retries in the step" value={last && whole(last.retries)} />
      </dl>
      {run.derived?.advice?.map((sentence) => (
        <p key={sentence} class="advice">
          {sentence}
        </p>
      ))}
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string | null }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value ?? '–'}</dd>
    </div>
  );
}
