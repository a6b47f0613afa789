import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Prediction } from '#protocol/history/checkpoint-list.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { percent, whole } from '#report/figures.js';
import { textOf } from '../api/form-text.js';
import { ApiError, send } from '../api/http.js';
import { Notice } from '../layout/notice.js';
import { Empty } from '../layout/parts.js';
import { useCheckpoints } from './checkpoints.js';

/** Drop a picture, type labels, see their probabilities by a checkpoint of the run. */
export function TryIt({ run }: { readonly run: RunStatus }): JSX.Element {
  const { checkpoints, error: listError } = useCheckpoints(run);
  const [picture, setPicture] = useState<File>();
  const [prediction, setPrediction] = useState<Prediction>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const ask = async (form: FormData): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      setPrediction(await send<Prediction>('POST', `/v1/runs/${encodeURIComponent(run.id)}/predict`, form));
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  if (checkpoints?.length === 0)
    return (
      <Empty title="There is no checkpoint to try yet.">
        <p class="muted">Pause the run to have one written now.</p>
      </Empty>
    );
  return (
    <div class="columns">
      <form
        class="card try"
        onSubmit={(event) => {
          event.preventDefault();
          if (picture) void ask(askedForm(new FormData(event.currentTarget), picture));
        }}
      >
        <PictureChoice picture={picture} onChange={setPicture} />
        <label class="field">
          Labels
          <textarea name="labels" rows={4} required placeholder={'a red apple\na green pear'} />
          <span class="muted">One on each line.</span>
        </label>
        <label class="field">
          Prompt
          <input name="template" placeholder="a photo of a {}." pattern=".*\{\}.*" title="A text with {} in it" />
          <span class="muted">{'{}'} stands for the label. If left out, the prompts the run is evaluated with.</span>
        </label>
        <label class="field">
          Checkpoint
          <select name="checkpoint">
            {(checkpoints ?? []).map(({ name, step }) => (
              <option key={name} value={name}>
                after {whole(step)} steps
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={isBusy || !picture}>
          {isBusy ? 'Asks the model …' : 'Ask the model'}
        </button>
        {(error ?? listError) && <Notice error={(error ?? listError)!} />}
      </form>
      <section class="card" aria-label="Probabilities" aria-live="polite">
        <h2>Probabilities</h2>
        {prediction ? <Predictions prediction={prediction} /> : <p class="muted">Choose a picture and name labels.</p>}
      </section>
    </div>
  );
}

/** The form as the coordinator takes it: a field for each label. */
function askedForm(given: FormData, picture: File): FormData {
  const form = new FormData();
  const lines = textOf(given, 'labels').split('\n');
  for (const label of new Set(lines.map((line) => line.trim()).filter(Boolean))) form.append('label', label);
  for (const name of ['template', 'checkpoint']) {
    const value = textOf(given, name);
    if (value !== '') form.append(name, value);
  }
  form.append('image', picture);
  return form;
}

interface PictureChoiceProps {
  readonly picture: File | undefined;
  onChange(picture: File): void;
}

function PictureChoice({ picture, onChange }: PictureChoiceProps): JSX.Element {
  const [isOver, setOver] = useState(false);
  const url = useMemo(() => picture && URL.createObjectURL(picture), [picture]);
  useEffect(() => () => void (url !== undefined && URL.revokeObjectURL(url)), [url]);
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file) onChange(file);
  };
  return (
    <label
      class={`drop ${isOver ? 'drop-over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      {url ? <img src={url} alt="The picture to be classified" /> : <span>Drop a picture here, or choose one</span>}
      <input
        type="file"
        accept="image/*"
        aria-label="Picture"
        onChange={({ currentTarget }) => take(currentTarget.files)}
      />
    </label>
  );
}

function Predictions({
  prediction: { step, templates, predictions },
}: {
  readonly prediction: Prediction;
}): JSX.Element {
  return (
    <>
      <ol class="bars">
        {predictions.map(({ label, probability }) => (
          <li key={label}>
            <span>{label}</span>
            <meter value={probability} max="1" aria-hidden="true" />
            <b class="number">{percent(probability)}</b>
          </li>
        ))}
      </ol>
      <p class="muted small foot">
        By the checkpoint after {whole(step)} steps; prompts: {templates.join(' · ')}
      </p>
    </>
  );
}
