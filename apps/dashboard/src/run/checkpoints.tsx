import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { CheckpointList } from '#protocol/history/checkpoint-list.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { bytes, whole } from '#report/figures.js';
import { listCheckpoints } from '../api/calls.js';
import { addressOf, ApiError } from '../api/http.js';
import { Notice } from '../layout/notice.js';
import { Empty } from '../layout/parts.js';
import { runAddress } from '../route.js';

export type Checkpoint = CheckpointList['checkpoints'][number];

/** The checkpoints of a run, the newest first; read again when there is a new one. */
export function useCheckpoints(run: RunStatus): {
  readonly checkpoints: readonly Checkpoint[] | undefined;
  readonly error: ApiError | undefined;
} {
  const [checkpoints, setCheckpoints] = useState<readonly Checkpoint[]>();
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    const stop = new AbortController();
    listCheckpoints(run.id, stop.signal).then(
      (answer) => {
        setCheckpoints(answer.checkpoints);
        setError(undefined);
      },
      (thrown: unknown) => {
        if (!stop.signal.aborted && thrown instanceof ApiError) setError(thrown);
      },
    );
    return () => stop.abort();
  }, [run.id, run.checkpoint]);
  return { checkpoints, error };
}

/** Chooses one of the checkpoints in a form, the newest at first. */
export function CheckpointField({ checkpoints }: { readonly checkpoints: readonly Checkpoint[] }): JSX.Element {
  return (
    <label class="field">
      Checkpoint
      <select name="checkpoint">
        {checkpoints.map(({ name, step }) => (
          <option key={name} value={name}>
            after {whole(step)} steps
          </option>
        ))}
      </select>
    </label>
  );
}

export function Checkpoints({ run }: { readonly run: RunStatus }): JSX.Element {
  const { checkpoints, error } = useCheckpoints(run);
  // A download has none.
  const { checkpoint } = run.config as { readonly checkpoint?: { readonly everySteps: number } };
  return (
    <>
      {error && <Notice error={error} />}
      {checkpoints?.length === 0 && (
        <Empty title="No checkpoint yet.">
          {checkpoint && (
            <p class="muted">
              One is written every {whole(checkpoint.everySteps)} steps, and when the run is paused or ends.
            </p>
          )}
        </Empty>
      )}
      {checkpoints?.map((checkpoint) => (
        <CheckpointCard key={checkpoint.name} run={run} checkpoint={checkpoint} />
      ))}
    </>
  );
}

interface CheckpointCardProps {
  readonly run: RunStatus;
  readonly checkpoint: Checkpoint;
}

const fileOf = '/v1/runs/{id}/checkpoints/{name}/files/{file}';

function CheckpointCard({ run, checkpoint: { name, step, url, files } }: CheckpointCardProps): JSX.Element {
  const path = { id: run.id, name };
  return (
    <section class="card" aria-label={`Checkpoint after ${step} steps`}>
      <div class="page-head">
        <h2>
          After {whole(step)} steps {run.best?.checkpoint === url && <span class="badge">best result</span>}
        </h2>
        <div class="actions">
          <a class="button" href={addressOf('/v1/runs/{id}/checkpoints/{name}/export', { path })} download>
            Export as ONNX
          </a>
          <a class="button" href={runAddress(run.id, 'try')}>
            Try it
          </a>
        </div>
      </div>
      <ul class="files">
        {files.map((file) => (
          <li key={file.name}>
            <a href={addressOf(fileOf, { path: { ...path, file: file.name } })} download>
              {file.name}
            </a>{' '}
            <span class="muted number">{bytes(file.bytes)}</span>
          </li>
        ))}
      </ul>
      <pre
        tabIndex={0}
        role="region"
        aria-label="Command"
      >{`tandem predict --checkpoint ${url} --image photo.jpg --labels 'a cat,a dog'`}</pre>
    </section>
  );
}
