import type { JSX } from 'preact';
import type { ApiError } from '../api/http.js';

/** An error, read out when it appears. */
export function Notice({ error }: { readonly error: Pick<ApiError, 'message' | 'help'> }): JSX.Element {
  return (
    <div class="notice" role="alert">
      <p>{error.message}</p>
      {error.help !== '' && <p class="muted">{error.help}</p>}
    </div>
  );
}
