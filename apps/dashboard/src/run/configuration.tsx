import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { runDocumentSchema } from 'virtual:run-document';
import { stringify } from 'yaml';
import { documentDifferences } from '#protocol/run/document-differences.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { getRun, listRuns } from '../api/calls.js';
import { usePolled } from '../api/polled.js';
import { defaultsOf } from '../submit/schema.js';

const defaults = defaultsOf(runDocumentSchema);

/** The document of a run with its defaults, and where it differs from them or from another run's. */
export function Configuration({ run }: { readonly run: RunStatus }): JSX.Element {
  const { answer } = usePolled(listRuns);
  const [other, setOther] = useState('');
  const theirs = useDocument(other);
  const own = useMemo(() => shortModel(run.config), [run.config]);
  const before = other === '' ? defaults : theirs;
  // What the document leaves out is not changed from its default.
  const differences =
    before === undefined
      ? undefined
      : documentDifferences(before, own).filter(({ now }) => other !== '' || now !== undefined);
  return (
    <div class="columns">
      <section class="card">
        <h2>Differences</h2>
        <label class="field">
          Compared with
          <select value={other} onChange={({ currentTarget }) => setOther(currentTarget.value)}>
            <option value="">the defaults</option>
            {(answer?.runs ?? [])
              .filter(({ id }) => id !== run.id)
              .map(({ id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
          </select>
        </label>
        {differences?.length === 0 && <p class="muted foot">The documents are the same.</p>}
        {differences && differences.length > 0 && (
          <div class="scroll" tabIndex={0} role="region" aria-label="Differences">
            <table class="differences">
              <thead>
                <tr>
                  <th>Key</th>
                  <th>{other === '' ? 'Default' : 'There'}</th>
                  <th>This run</th>
                </tr>
              </thead>
              <tbody>
                {differences.map(({ path, before, now }) => (
                  <tr key={path}>
                    <td class="mono">{path}</td>
                    <td class="mono muted">{shown(before)}</td>
                    <td class="mono">{shown(now)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section class="card">
        <h2>Run document, with its defaults</h2>
        <pre tabIndex={0} role="region" aria-label="Run document">
          {stringify(run.config)}
        </pre>
      </section>
    </div>
  );
}

/** The document of a run, once it has come; of none if `id` is empty. */
function useDocument(id: string): unknown {
  const [read, setRead] = useState<{ readonly id: string; readonly config: unknown }>();
  useEffect(() => {
    if (id === '') return undefined;
    const stop = new AbortController();
    getRun(id, stop.signal).then(
      ({ config }) => setRead({ id, config: shortModel(config) }),
      () => undefined,
    );
    return () => stop.abort();
  }, [id]);
  return read?.id === id ? read.config : undefined;
}

/** A model that has a name is compared by it; its config has dozens of keys. */
function shortModel(config: unknown): unknown {
  const { modelName, model, ...rest } = config as Readonly<Record<string, unknown>>;
  return { ...rest, model: modelName === 'custom' ? model : modelName };
}

function shown(value: unknown): string {
  return value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
}
