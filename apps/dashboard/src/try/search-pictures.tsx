import type { JSX } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { FeaturesProgress } from '#protocol/history/image-search.js';
import { placeTitle } from '#protocol/history/place-title.js';
import { whole } from '#report/figures.js';
import { textOf } from '../api/form-text.js';
import { listDataSets } from '../api/calls.js';
import { ApiError } from '../api/http.js';
import { useAnswer } from '../api/use-answer.js';
import { Notice } from '../layout/notice.js';
import { Rights } from '../layout/rights.js';
import { CheckpointField, type Checkpoint } from '../run/checkpoints.js';
import { findImages, pictureAddress, type DataSet, type Found } from './image-search.js';
import { PictureChoice } from './picture-choice.js';

interface SearchPicturesProps {
  readonly run: string;
  readonly checkpoints: readonly Checkpoint[];
}

/** Type a text or drop a picture, see the nearest pictures of one of the run's data sets. */
export function SearchPictures({ run, checkpoints }: SearchPicturesProps): JSX.Element {
  const { maySubmit } = useContext(Rights);
  const { dataSets, error: listError } = useDataSets(run);
  const [by, setBy] = useState<'text' | 'picture'>('text');
  const [picture, setPicture] = useState<File>();
  const [progress, setProgress] = useState<FeaturesProgress>();
  const { answer, error, isBusy, ask } = useAnswer<Found>();
  const search = (form: FormData, query: string | File): void => {
    setProgress(undefined);
    const wanted = { run, data: textOf(form, 'data'), checkpoint: textOf(form, 'checkpoint'), query, maySubmit };
    ask((signal) => findImages(wanted, setProgress, signal));
  };
  return (
    <div class="columns">
      <form
        class="card try"
        aria-labelledby="search-heading"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const query = by === 'text' ? textOf(form, 'text') : picture;
          if (query !== undefined) search(form, query);
        }}
      >
        <h2 id="search-heading">Which pictures are nearest?</h2>
        <div class="actions" role="group" aria-label="Search by">
          {(['text', 'picture'] as const).map((one) => (
            <button key={one} type="button" class="small" aria-pressed={by === one} onClick={() => setBy(one)}>
              by a {one}
            </button>
          ))}
        </div>
        {by === 'text' ? (
          <label class="field">
            Text
            <input name="text" required maxLength={1000} placeholder="a red bicycle" />
          </label>
        ) : (
          <PictureChoice picture={picture} alt="Picture to search by" onChange={setPicture} />
        )}
        <label class="field">
          Data set
          <select name="data">
            {dataSets.map(({ place, url }) => (
              <option key={place} value={place}>
                {placeTitle(url)} ({place})
              </option>
            ))}
          </select>
        </label>
        <CheckpointField checkpoints={checkpoints} />
        <button type="submit" class="primary" disabled={isBusy || (by === 'picture' && !picture)}>
          {isBusy ? 'Searches …' : 'Search'}
        </button>
        {isBusy && progress && <FeaturesDone progress={progress} />}
        {(error ?? listError) && <Notice error={(error ?? listError)!} />}
      </form>
      <section class="card" aria-label="Nearest pictures" aria-live="polite">
        <h2>Nearest pictures</h2>
        {answer ? <Nearest run={run} found={answer} /> : <p class="muted">Type a text that says what they show.</p>}
      </section>
    </div>
  );
}

function useDataSets(run: string): { readonly dataSets: readonly DataSet[]; readonly error: ApiError | undefined } {
  const [dataSets, setDataSets] = useState<readonly DataSet[]>([]);
  const [error, setError] = useState<ApiError>();
  useEffect(() => {
    const stop = new AbortController();
    listDataSets(run, stop.signal).then(
      (answer) => setDataSets(answer.dataSets),
      (thrown: unknown) => {
        if (!stop.signal.aborted && thrown instanceof ApiError) setError(thrown);
      },
    );
    return () => stop.abort();
  }, [run]);
  return { dataSets, error };
}

function FeaturesDone({ progress: { done, images } }: { readonly progress: FeaturesProgress }): JSX.Element {
  return (
    <p class="progress" role="status">
      <progress value={done} max={images} aria-label="Images whose features are computed" />
      <span>
        Features of {whole(done)} of {whole(images)} images. The store keeps them.
      </span>
    </p>
  );
}

function Nearest({ run, found: { data, result } }: { readonly run: string; readonly found: Found }): JSX.Element {
  return (
    <>
      <ol class="pictures">
        {result.found.map(({ index, key, caption, similarity }) => (
          <li key={index}>
            <img src={pictureAddress(run, data, index)} alt={caption} title={key} loading="lazy" />
            <span>{caption}</span>
            <b class="number">{similarity.toFixed(3)}</b>
          </li>
        ))}
      </ol>
      <p class="muted small foot">
        Of {whole(result.data.images)} images of {result.data.name}, by the checkpoint after {whole(result.step)} steps;
        the number is the cosine.{' '}
        {result.data.skipped > 0 && `${whole(result.data.skipped)} more images cannot be read.`}
      </p>
    </>
  );
}
