import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { ApiError } from '../api/http.js';
import { Notice } from './notice.js';

interface DialogProps {
  readonly title: string;
  /** What the button that goes on says. */
  readonly action: string;
  readonly error: ApiError | undefined;
  readonly children: ComponentChildren;
  onSubmit(form: FormData): void;
  close(): void;
}

/** A question over the page. The browser keeps the focus inside, and Escape closes it. */
export function Dialog({ title, action, error, children, onSubmit, close }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(new FormData(event.currentTarget));
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        {error && <Notice error={error} />}
        <div class="actions">
          <button type="submit" class="primary">
            {action}
          </button>
          <button type="button" onClick={close}>
            Back
          </button>
        </div>
      </form>
    </dialog>
  );
}
