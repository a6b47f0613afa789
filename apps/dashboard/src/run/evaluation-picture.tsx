import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import { whole } from '#report/figures.js';

interface EvaluationPictureProps {
  readonly run: string;
  readonly result: EvaluationResult;
}

/** What each kind of evaluation is drawn as; a retrieval has figures alone. */
const pictures: Readonly<Partial<Record<EvaluationResult['kind'], string>>> = {
  'zero-shot': 'Confusion matrix',
  'linear-probe': 'Confusion matrix',
  'few-shot': 'Accuracy by labelled images of each class',
};

/** The picture of a result, drawn by the coordinator as a report draws it. */
export function EvaluationPicture({ run, result: { kind, name, step } }: EvaluationPictureProps): JSX.Element | null {
  const [isMissing, setMissing] = useState(false);
  useEffect(() => setMissing(false), [run, name, step]);
  const what = pictures[kind];
  if (what === undefined) return null;
  if (isMissing) return <p class="muted small foot">No picture of the result after {whole(step)} steps is kept.</p>;
  const address = (theme: 'light' | 'dark'): string => {
    const query = new URLSearchParams({ name, step: String(step), theme });
    return `/v1/runs/${encodeURIComponent(run)}/evaluations/picture?${String(query)}`;
  };
  return (
    <picture class="evaluation-picture">
      <source media="(prefers-color-scheme: dark)" srcset={address('dark')} />
      <img
        src={address('light')}
        alt={`${what}: ${name} after ${whole(step)} steps`}
        loading="lazy"
        onError={() => setMissing(true)}
      />
    </picture>
  );
}
