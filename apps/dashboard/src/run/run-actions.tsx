import type { JSX } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { RunStatus } from '#protocol/run/run-status.js';
import { cancelRun, pauseRun, prioritizeRun, removeRun, resumeRun } from '../api/calls.js';
import { ApiError } from '../api/http.js';
import { canCancel, canPause, canResume, hasEnded } from '../api/run-state.js';
import { Dialog } from '../layout/dialog.js';
import { Notice } from '../layout/notice.js';
import { Rights } from '../layout/rights.js';

type Asked = 'resume' | 'priority' | 'cancel' | 'remove';

/** What can be done with a run in its state. */
export function RunActions({ run }: { readonly run: RunStatus }): JSX.Element {
  const { maySubmit, mayAdminister } = useContext(Rights);
  const [asked, setAsked] = useState<Asked>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      setAsked(undefined);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="actions">
      {maySubmit && canPause(run) && (
        <button type="button" disabled={isBusy} onClick={() => void act(() => pauseRun(run.id))}>
          Pause
        </button>
      )}
      {maySubmit && canResume(run) && (
        <button
          type="button"
          class={run.state === 'completed' ? '' : 'primary'}
          disabled={isBusy}
          onClick={() => setAsked('resume')}
        >
          {run.state === 'failed' ? 'Retry' : 'Resume'}
        </button>
      )}
      {maySubmit && canCancel(run) && (
        <button type="button" disabled={isBusy} onClick={() => setAsked('priority')}>
          Priority
        </button>
      )}
      {maySubmit && canCancel(run) && (
        <button type="button" class="danger" disabled={isBusy} onClick={() => setAsked('cancel')}>
          Cancel
        </button>
      )}
      {maySubmit && (
        <a class="button" href={`#/submit?from=${encodeURIComponent(run.id)}`}>
          Copy
        </a>
      )}
      {mayAdminister && (hasEnded(run) || run.state === 'paused') && (
        <button type="button" class="danger" disabled={isBusy} onClick={() => setAsked('remove')}>
          Remove
        </button>
      )}
      {error && !asked && <Notice error={error} />}
      {asked && <AskedDialog asked={asked} run={run} error={error} close={() => setAsked(undefined)} act={act} />}
    </div>
  );
}

interface FormDialogProps {
  readonly run: RunStatus;
  readonly error: ApiError | undefined;
  act(work: () => Promise<unknown>): Promise<void>;
  close(): void;
}

/** What is asked before something is done. */
function AskedDialog({ asked, ...given }: FormDialogProps & { readonly asked: Asked }): JSX.Element {
  const { run, error, act, close } = given;
  switch (asked) {
    case 'resume':
      return <ResumeDialog {...given} />;
    case 'priority':
      return <PriorityDialog {...given} />;
    case 'cancel':
      return (
        <Dialog
          title={`Cancel ${run.id}?`}
          action="Cancel the run"
          error={error}
          close={close}
          onSubmit={() => void act(() => cancelRun(run.id))}
        >
          <p>It ends after the step in progress, with a checkpoint. It can be resumed later.</p>
        </Dialog>
      );
    case 'remove':
      return (
        <Dialog
          title={`Remove ${run.id}?`}
          action="Remove it for good"
          error={error}
          close={close}
          onSubmit={() =>
            void act(async () => {
              await removeRun(run.id);
              location.hash = '#/';
            })
          }
        >
          <p>The run goes with its checkpoints and metrics. This cannot be taken back.</p>
        </Dialog>
      );
  }
}

/** What no past step depended on may change: here the number of steps and the priority. */
function ResumeDialog({ run, error, act, close }: FormDialogProps): JSX.Element {
  const priority = priorityOf(run);
  const resume = (form: FormData): void => {
    const given = { steps: Number(form.get('steps')), priority: Number(form.get('priority')) };
    const amendment = {
      ...(given.steps !== run.steps && { steps: given.steps }),
      ...(given.priority !== priority && { priority: given.priority }),
    };
    void act(() => resumeRun(run.id, amendment));
  };
  const title = run.state === 'failed' ? 'Retry' : 'Resume';
  return (
    <Dialog title={`${title} ${run.id}`} action={title} error={error} close={close} onSubmit={resume}>
      <p class="muted">It goes on after its last committed step, {run.step}.</p>
      <label class="field">
        Steps of the whole run
        <input name="steps" type="number" min={Math.max(1, run.step)} value={run.steps} required />
        {run.state === 'completed' && <span class="muted">A completed run goes on if it gets more.</span>}
      </label>
      <PriorityField priority={priority} />
    </Dialog>
  );
}

function PriorityDialog({ run, error, act, close }: FormDialogProps): JSX.Element {
  const change = (form: FormData): void => void act(() => prioritizeRun(run.id, Number(form.get('priority'))));
  return (
    <Dialog title={`Priority of ${run.id}`} action="Change it" error={error} close={close} onSubmit={change}>
      <PriorityField priority={priorityOf(run)} />
    </Dialog>
  );
}

function PriorityField({ priority }: { readonly priority: number }): JSX.Element {
  return (
    <label class="field">
      Priority
      {/* Not `value`: the page of a run that trains is drawn again and again, and would undo what is typed. */}
      <input name="priority" type="number" min="0" max="100" defaultValue={priority} required />
      <span class="muted">Runs of the highest priority get workers first.</span>
    </label>
  );
}

function priorityOf({ config }: RunStatus): number {
  return (config as { readonly priority?: number }).priority ?? 0;
}
