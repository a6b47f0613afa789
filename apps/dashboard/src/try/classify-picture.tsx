import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Prediction } from '#protocol/history/checkpoint-list.js';
import { percent, whole } from '#report/figures.js';
import { textOf } from '../api/form-text.js';
import { predict, type PredictionForm } from '../api/calls.js';
import { useAnswer } from '../api/use-answer.js';
import { Notice } from '../layout/notice.js';
import { CheckpointField, type Checkpoint } from '../run/checkpoints.js';
import { PictureChoice } from './picture-choice.js';

interface ClassifyPictureProps {
  readonly run: string;
  readonly checkpoints: readonly Checkpoint[];
}

/** Drop a picture, type labels, see their probabilities by a checkpoint of the run. */
export function ClassifyPicture({ run, checkpoints }: ClassifyPictureProps): JSX.Element {
  const [picture, setPicture] = useState<File>();
  const { answer, error, isBusy, ask } = useAnswer<Prediction>();
  return (
    <div class="columns">
      <form
        class="card try"
        aria-labelledby="classify-heading"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          if (picture) ask(() => predict(run, predictionForm(form, picture)));
        }}
      >
        <h2 id="classify-heading">What is in a picture?</h2>
        <PictureChoice picture={picture} alt="Picture" onChange={setPicture} />
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
        <CheckpointField checkpoints={checkpoints} />
        <button type="submit" class="primary" disabled={isBusy || !picture}>
          {isBusy ? 'Asks the model …' : 'Ask the model'}
        </button>
        {error && <Notice error={error} />}
      </form>
      <section class="card" aria-label="Probabilities" aria-live="polite">
        <h2>Probabilities</h2>
        {answer ? <Predictions prediction={answer} /> : <p class="muted">Choose a picture and name labels.</p>}
      </section>
    </div>
  );
}

/** What the coordinator takes: each label once. */
function predictionForm(given: FormData, image: File): PredictionForm {
  const lines = textOf(given, 'labels').split('\n');
  const [template, checkpoint] = [textOf(given, 'template'), textOf(given, 'checkpoint')];
  return {
    label: [...new Set(lines.map((line) => line.trim()).filter(Boolean))],
    ...(template !== '' && { template: [template] }),
    ...(checkpoint !== '' && { checkpoint }),
    image,
  };
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
