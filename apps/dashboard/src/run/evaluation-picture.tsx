import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import { whole } from '#report/figures.js';
import { addressOf } from '../api/http.js';

interface EvaluationPictureProps {
  readonly run: string;
  readonly result: EvaluationResult;
}

interface Picture {
  readonly what: string;
  /** For room before it is there, at the width of 808. */
  readonly height: number;
}

const confusion: Picture = { what: 'Confusion matrix', height: 688 };
const pictures: Readonly<Partial<Record<EvaluationResult['kind'], Picture>>> = {
  'zero-shot': confusion,
  'linear-probe': confusion,
  'few-shot': { what: 'Accuracy by labelled images of each class', height: 508 },
};

/** Is a result of this kind drawn? A retrieval has figures alone. */
export function hasPicture({ kind }: EvaluationResult): boolean {
  return kind in pictures;
}

/** The picture of a result, drawn by the coordinator as a report draws it. */
export function EvaluationPicture({ run, result: { kind, name, step } }: EvaluationPictureProps): JSX.Element | null {
  const [isMissing, setMissing] = useState(false);
  useEffect(() => setMissing(false), [run, name, step]);
  const picture = pictures[kind];
  if (!picture) return null;
  if (isMissing) return <p class="muted small foot">No picture of the result after {whole(step)} steps is kept.</p>;
  const address = (theme: 'light' | 'dark'): string =>
    addressOf('/v1/runs/{id}/evaluations/picture', { path: { id: run }, query: { name, step, theme } });
  return (
    <picture class="evaluation-picture">
      <source media="(prefers-color-scheme: dark)" srcset={address('dark')} />
      <img
        src={address('light')}
        alt={`${picture.what}: ${name} after ${whole(step)} steps`}
        width={808}
        height={picture.height}
        loading="lazy"
        onError={() => setMissing(true)}
      />
    </picture>
  );
}
