import type { ComponentChildren, JSX } from 'preact';
import type { RunStatus } from '#protocol/run/run-status.js';
import { percent, whole } from '#report/figures.js';

/** The state of a run or worker, as a word with a coloured dot beside it. */
export function State({ state }: { readonly state: string }): JSX.Element {
  return <span class={`state state-${state}`}>{state === 'setAside' ? 'set aside' : state}</span>;
}

/** How many of its steps a run has committed. */
export function Progress({ run }: { readonly run: Pick<RunStatus, 'step' | 'steps' | 'state'> }): JSX.Element {
  const share = run.steps === 0 ? (run.state === 'completed' ? 1 : 0) : Math.min(1, run.step / run.steps);
  return (
    <span class="progress">
      <progress value={share} max="1" aria-label="Steps committed">
        {percent(share)}
      </progress>
      <span class="number">
        {whole(run.step)} <span class="muted">/ {whole(run.steps)}</span>
      </span>
    </span>
  );
}

/** A time as the reader's clock shows it, and in full on hovering. */
export function Moment({ at }: { readonly at: string }): JSX.Element {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const text = isToday
    ? date.toLocaleTimeString('en-GB')
    : date.toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
  return (
    <time class="number" dateTime={at} title={date.toLocaleString('en-GB')}>
      {text}
    </time>
  );
}

/** What is said where there is nothing to show, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="empty">
      <p>
        <b>{title}</b>
      </p>
      {children}
    </div>
  );
}
