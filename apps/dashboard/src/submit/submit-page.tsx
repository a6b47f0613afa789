import type { JSX } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { stringify } from 'yaml';
import { checkRun, getRun, submitRun } from '../api/calls.js';
import { ApiError } from '../api/http.js';
import { Notice } from '../layout/notice.js';
import { Rights } from '../layout/rights.js';
import { runAddress } from '../route.js';
import { placeProblems, readDocument, type PlacedProblem } from './document-text.js';
import { recipes, type RecipeName } from './recipes.js';
import { RunForm } from './run-form.js';
import { YamlEditor } from './yaml-editor.js';
import './submit.css';

interface SubmitPageProps {
  /** The run whose document to begin with. */
  readonly from: string | undefined;
}

export function SubmitPage({ from }: SubmitPageProps): JSX.Element {
  const { maySubmit } = useContext(Rights);
  const [text, setText] = useState(from === undefined ? recipes.small.text : '');
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const check = useCheck(text);
  const problems = check.kind === 'wrong' ? check.problems : none;
  useEffect(() => {
    if (from === undefined) return;
    getRun(from).then(
      ({ config }) => setText(stringify(asWritten(config))),
      (thrown: unknown) => thrown instanceof ApiError && setError(thrown),
    );
  }, [from]);
  const submit = async (): Promise<void> => {
    const read = readDocument(text);
    if (!read.ok) return;
    setBusy(true);
    setError(undefined);
    try {
      const { id } = await submitRun(read.document);
      location.hash = runAddress(id);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="page-head">
        <h1>Submit a run</h1>
        <RecipeChoice onChange={setText} />
        <button
          type="button"
          class="primary"
          disabled={isBusy || !maySubmit || check.kind === 'wrong'}
          onClick={() => void submit()}
        >
          Submit
        </button>
      </div>
      {!maySubmit && (
        <Notice error={{ message: 'This key may read, but not submit.', help: 'Log in with one that may.' }} />
      )}
      {error && <Notice error={error} />}
      <div class="columns submit">
        <section class="card" aria-label="The most used settings">
          <RunForm text={text} problems={problems} onChange={setText} />
        </section>
        <section class="card" aria-label="The whole document">
          <p class="checked" role="status">
            <CheckText check={check} />
          </p>
          <YamlEditor text={text} problems={problems} onChange={setText} />
        </section>
      </div>
    </>
  );
}

const none: readonly PlacedProblem[] = [];

function RecipeChoice({ onChange }: { onChange(text: string): void }): JSX.Element {
  return (
    <select
      class="recipe"
      aria-label="Begin with a recipe"
      value=""
      onChange={({ currentTarget }) => onChange(recipes[currentTarget.value as RecipeName].text)}
    >
      <option value="" disabled>
        Begin with a recipe …
      </option>
      {Object.entries(recipes).map(([name, { title }]) => (
        <option key={name} value={name}>
          {title}
        </option>
      ))}
    </select>
  );
}

/** What the coordinator says of the document. */
type Check =
  | { readonly kind: 'asking' }
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly message: string; readonly problems: readonly PlacedProblem[] }
  | { readonly kind: 'unknown'; readonly message: string };

/** A pause in typing that ends a change. */
const checkAfterMs = 1000;

/** The coordinator checks the document: no rule is written twice. */
function useCheck(text: string): Check {
  const [check, setCheck] = useState<Check>({ kind: 'asking' });
  useEffect(() => {
    const read = readDocument(text);
    if (!read.ok) return setCheck({ kind: 'wrong', message: 'This is not YAML.', problems: read.problems });
    let isOld = false;
    const timer = setTimeout(() => {
      checkRun(read.document).then(
        () => isOld || setCheck({ kind: 'right' }),
        (thrown: unknown) => isOld || (thrown instanceof ApiError && setCheck(checkOf(thrown, text))),
      );
    }, checkAfterMs);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text]);
  return check;
}

function checkOf({ status, message, help, problems }: ApiError, text: string): Check {
  if (status !== 422) return { kind: 'unknown', message };
  const placed = placeProblems(text, problems);
  return {
    kind: 'wrong',
    message: placed.length > 0 ? counted(placed.length) : `${message} ${help}`,
    problems: placed,
  };
}

function counted(problems: number): string {
  return problems === 1 ? 'One problem:' : `${problems} problems:`;
}

function CheckText({ check }: { readonly check: Check }): JSX.Element {
  switch (check.kind) {
    case 'asking':
      return <span class="muted">The coordinator checks the document …</span>;
    case 'right':
      return <span class="right">The coordinator finds no problem in the document.</span>;
    case 'wrong':
      return <span class="wrong">{check.message}</span>;
    case 'unknown':
      return <span class="muted">{check.message}</span>;
  }
}

/** A document as it is kept with a run, as people write it: a model that has a name is named. */
function asWritten(config: unknown): unknown {
  const { modelName, model, ...rest } = config as Readonly<Record<string, unknown>>;
  return { ...rest, model: modelName === 'custom' ? model : modelName };
}
