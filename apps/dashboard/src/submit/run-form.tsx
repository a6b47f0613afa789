import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { runDocumentSchema } from 'virtual:run-document';
import { valueIn, withValue, type PlacedProblem } from './document-text.js';
import { isRequired, schemaAt, type JsonSchema } from './schema.js';

/** The keys that most runs set; the editor beside them has all others. */
const fields: readonly (readonly [title: string, ...path: string[]])[] = [
  ['Name', 'name'],
  ['Model', 'model'],
  ['Training data', 'data', 'train'],
  ['Batch size', 'batch'],
  ['Shards', 'shards'],
  ['Pairs per shard', 'shardSize'],
  ['Micro-batch', 'microBatch'],
  ['Steps', 'steps'],
  ['Learning rate', 'optimizer', 'learningRate'],
  ['Weight decay', 'optimizer', 'weightDecay'],
  ['Schedule', 'schedule', 'kind'],
  ['Warm-up steps', 'schedule', 'warmupSteps'],
  ['Precision', 'precision'],
  ['Checkpoint every', 'checkpoint', 'everySteps'],
  ['Evaluate every', 'evaluation', 'everySteps'],
  ['Seed', 'seed'],
  ['Priority', 'priority'],
];

interface RunFormProps {
  readonly text: string;
  readonly problems: readonly PlacedProblem[];
  onChange(text: string): void;
}

/** A form over the schema of run documents. It writes into the same text that the editor shows. */
export function RunForm({ text, problems, onChange }: RunFormProps): JSX.Element {
  return (
    <div class="fields">
      {fields.map(([title, ...path]) => (
        <Field
          key={path.join('.')}
          title={title}
          schema={schemaAt(runDocumentSchema, path)}
          isRequired={isRequired(runDocumentSchema, path)}
          value={valueIn(text, path)}
          problem={problems.find((one) => one.path === path.join('.'))?.message}
          onChange={(value) => onChange(withValue(text, path, value))}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  readonly title: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly value: unknown;
  readonly problem: string | undefined;
  onChange(value: unknown): void;
}

function Field({ title, schema, isRequired: required, value, problem, onChange }: FieldProps): JSX.Element {
  const id = useId();
  const isList = typeof value === 'object' && value !== null;
  return (
    <div class="field" data-wrong={problem === undefined ? undefined : ''}>
      <label for={id}>{title}</label>
      {isList ? (
        <input id={id} value="written out in the document" disabled aria-describedby={`${id}-help`} />
      ) : schema.enum ? (
        <select
          id={id}
          value={shown(value)}
          aria-describedby={`${id}-help`}
          onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
        >
          <option value="">{defaultText(schema)}</option>
          {schema.enum.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          value={shown(value)}
          inputMode={isNumber(schema) ? 'decimal' : 'text'}
          required={required}
          placeholder={defaultText(schema)}
          aria-describedby={`${id}-help`}
          onChange={({ currentTarget }) => onChange(typed(currentTarget.value.trim(), schema))}
        />
      )}
      <span id={`${id}-help`} class="muted">
        {problem === undefined ? firstSentence(schema.description) : <span class="problem">{problem}</span>}
      </span>
    </div>
  );
}

/** What is no number is kept as it is: the coordinator says what it expected. */
function typed(text: string, schema: JsonSchema): unknown {
  if (text === '') return undefined;
  return isNumber(schema) && Number.isFinite(Number(text)) ? Number(text) : text;
}

function isNumber({ type }: JsonSchema): boolean {
  return type === 'integer' || type === 'number';
}

function defaultText({ default: fallback }: JsonSchema): string {
  return fallback === undefined ? '' : `${shown(fallback)}, the default`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The whole description is in docs/run-document.md. */
function firstSentence(description = ''): string {
  return description.split(/(?<=\.) (?=[A-Z])/)[0]!.replaceAll('`', '');
}
