import type { JSX } from 'preact';
import type { RunStatus } from '#protocol/run/run-status.js';
import { Notice } from '../layout/notice.js';
import { Empty } from '../layout/parts.js';
import { useCheckpoints } from '../run/checkpoints.js';
import { ClassifyPicture } from './classify-picture.js';
import { SearchPictures } from './search-pictures.js';

/** What a checkpoint of the run makes of a picture, and which pictures it finds for a text. */
export function TryIt({ run }: { readonly run: RunStatus }): JSX.Element {
  const { checkpoints, error } = useCheckpoints(run);
  if (checkpoints?.length === 0)
    return (
      <Empty title="There is no checkpoint to try yet.">
        <p class="muted">Pause the run to have one written now.</p>
      </Empty>
    );
  return (
    <>
      {error && <Notice error={error} />}
      <ClassifyPicture run={run.id} checkpoints={checkpoints ?? []} />
      <SearchPictures run={run.id} checkpoints={checkpoints ?? []} />
    </>
  );
}
