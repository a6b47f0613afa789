import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { textOf } from '../api/form-text.js';
import { ApiError } from '../api/http.js';
import icon from './icon.svg';
import { Notice } from './notice.js';

export function Login({ logIn }: { logIn(key: string): Promise<void> }): JSX.Element {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await logIn(textOf(new FormData(form), 'key'));
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="centred">
      <form
        class="card login"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h1>
          <img src={icon} alt="" width="32" height="32" /> Tandem
        </h1>
        <label class="field">
          API key
          <input name="key" type="password" autocomplete="current-password" required autofocus />
        </label>
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
        {error && <Notice error={error} />}
        <p class="muted small">
          The coordinator printed it at its first start. It becomes a cookie that no script can read; the page keeps
          nothing else.
        </p>
      </form>
    </main>
  );
}
