import type { JSX } from 'preact';
import type { RunStatus } from '#protocol/run/run-status.js';
import { whole } from '#report/figures.js';
import { getRunEvents } from '../api/calls.js';
import { usePolled } from '../api/polled.js';
import { Notice } from '../layout/notice.js';
import { Empty, Moment } from '../layout/parts.js';

/** What has happened to a run, the newest first. */
export function Events({ run }: { readonly run: RunStatus }): JSX.Element {
  const { answer, error } = usePolled((signal) => getRunEvents(run.id, signal), run.id);
  const events = answer?.events.toReversed();
  return (
    <>
      {error && <Notice error={error} />}
      {events?.length === 0 && (
        <Empty title="Nothing has happened yet.">
          <p class="muted">{run.reason}</p>
        </Empty>
      )}
      {events && events.length > 0 && (
        <div class="card">
          <table class="stacks">
            <thead>
              <tr>
                <th>When</th>
                <th class="right">Step</th>
                <th>Event</th>
                <th>What happened</th>
              </tr>
            </thead>
            <tbody>
              {events.map(({ at, step, kind, text }, index) => (
                <tr key={events.length - index}>
                  <td data-name="When">
                    <Moment at={at} />
                  </td>
                  <td data-name="Step" class="right">
                    {whole(step)}
                  </td>
                  <td data-name="Event">
                    <span class={`badge ${isBad(kind) ? 'badge-warn' : ''}`}>{kind}</span>
                  </td>
                  <td>{text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="muted small foot">The newest 500. The coordinator’s log has all of them.</p>
    </>
  );
}

function isBad(kind: string): boolean {
  return ['failed', 'waiting', 'deserted', 'miscomputed', 'unverified', 'interrupted'].includes(kind);
}
